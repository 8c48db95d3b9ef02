"""The compiled part of `channels_last`: passes over flat images, a vector of neighbouring numbers at a time.

`width` is a multiple of the channels and of a vector: the number at index k of any `width` numbers in a row has channel
k % channels. What belongs to a channel comes spread over `width` numbers. Sums, too, go by the lane, two for each chunk
of `size` numbers (the last may have fewer): (chunks, 2, width), flat.
"""

import numba

from seedbed.simd import OPTIONS, WIDTH, choose, fma, inlined, load, splat, store

kernel = numba.njit(**OPTIONS)
ROW = 4 * WIDTH  # sums are formed in four vectors, since one would have to wait for each addition


@kernel
def moments(size, width, channels, x, sums):
    """Of every chunk: the means of its channels, in every lane, and by lane the sums of squares about them."""
    for start in range(0, len(x), size):
        stop = min(start + size, len(x))
        mean = 2 * (start // size) * width
        squares = mean + width
        for k in range(0, width, ROW):
            a0 = a1 = a2 = a3 = splat(0.0)
            for at in range(start + k, stop, width):
                a0, a1 = a0 + load(x, at), a1 + load(x, at + WIDTH)
                a2, a3 = a2 + load(x, at + 2 * WIDTH), a3 + load(x, at + 3 * WIDTH)
            _store_row(sums, mean + k, a0, a1, a2, a3)
        share = numba.float32(channels) / numba.float32(stop - start)
        for channel in range(channels):
            whole = numba.float32(0)
            for k in range(mean + channel, mean + width, channels):
                whole += sums[k]
            for k in range(mean + channel, mean + width, channels):
                sums[k] = whole * share
        for k in range(0, width, ROW):
            m0, m1 = load(sums, mean + k), load(sums, mean + k + WIDTH)
            m2, m3 = load(sums, mean + k + 2 * WIDTH), load(sums, mean + k + 3 * WIDTH)
            a0 = a1 = a2 = a3 = splat(0.0)
            for at in range(start + k, stop, width):
                d0, d1 = load(x, at) - m0, load(x, at + WIDTH) - m1
                d2, d3 = load(x, at + 2 * WIDTH) - m2, load(x, at + 3 * WIDTH) - m3
                a0, a1, a2, a3 = fma(d0, d0, a0), fma(d1, d1, a1), fma(d2, d2, a2), fma(d3, d3, a3)
            _store_row(sums, squares + k, a0, a1, a2, a3)


@inlined
def _store_row(array, at, a0, a1, a2, a3):
    """Write four vectors side by side."""
    store(array, at, a0)
    store(array, at + WIDTH, a1)
    store(array, at + 2 * WIDTH, a2)
    store(array, at + 3 * WIDTH, a3)


@kernel
def apply(width, x, scale, shift, added, floor, y):
    """y = x scale + shift + added, but not less than `floor`; what is not a number stays so."""
    least = splat(floor)
    for start in range(0, len(x), width):
        for k in range(0, width, WIDTH):
            value = fma(load(x, start + k), load(scale, k), load(shift, k))
            if added is not None:
                value = value + load(added, start + k)
            store(y, start + k, choose(least, value, least, value))


@kernel
def gradient_sums(size, width, dy, x, mean, scale, shift, floor, y, dz, sums):
    """Of every chunk, by lane, the sums of dz and of dz (x - mean), where dz is dy if y is above `floor`, else 0.

    An addition makes it necessary to read y, and dz is wanted then. Without one y is computed again.
    """
    for start in range(0, len(x), size):
        stop, out = min(start + size, len(x)), 2 * (start // size) * width
        for k in range(0, width, 2 * WIDTH):
            a0 = a1 = b0 = b1 = splat(0.0)
            for at in range(start + k, stop, width):
                u0, u1 = load(x, at), load(x, at + WIDTH)
                if y is None:
                    y0 = fma(u0, load(scale, k), load(shift, k))
                    y1 = fma(u1, load(scale, k + WIDTH), load(shift, k + WIDTH))
                else:
                    y0, y1 = load(y, at), load(y, at + WIDTH)
                g0, g1 = _above(floor, y0, load(dy, at)), _above(floor, y1, load(dy, at + WIDTH))
                if dz is not None:
                    store(dz, at, g0)
                    store(dz, at + WIDTH, g1)
                a0, b0 = a0 + g0, fma(g0, u0 - load(mean, k), b0)
                a1, b1 = a1 + g1, fma(g1, u1 - load(mean, k + WIDTH), b1)
            store(sums, out + k, a0)
            store(sums, out + k + WIDTH, a1)
            store(sums, out + width + k, b0)
            store(sums, out + width + k + WIDTH, b1)


@inlined
def _above(floor, y, dy):
    """dy where y is above the floor, else 0."""
    return choose(y, splat(floor), dy, splat(0.0))


@kernel
def input_gradient(width, dy, x, mean, scale, shift, floor, slope, constant, dx):
    """dx = dz scale + (x - mean) slope + constant, with dz as in `gradient_sums` without an addition."""
    for start in range(0, len(x), width):
        for k in range(0, width, WIDTH):
            u, a = load(x, start + k), load(scale, k)
            dz = _above(floor, fma(u, a, load(shift, k)), load(dy, start + k))
            line = fma(u - load(mean, k), load(slope, k), load(constant, k))
            store(dx, start + k, fma(dz, a, line))
