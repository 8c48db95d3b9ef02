"""Dense layers: matrix products whose innermost loop runs over the batch, in tiles of 4 outputs x 2 vectors.

All that a run needs lies in one flat array, `work`; what kernels take beside it are places in it. Activations lie in
panels of `PANEL` samples, (panels, features, PANEL), so that one panel of all features is one stretch of memory.
"""

from __future__ import annotations

from seedbed.engines.fused.plan import PANEL
from seedbed.engines.fused.simd import WIDTH, broadcast, fma, kernel, load, splat, store, store_totals, total

PACKED = 256  # inputs from which on the weights of a tile are packed


@kernel
def product(work, weight, row_stride, column_stride, bias, x, inputs, y, outputs, panels, packed):
    """y[o] = bias[o] + sum over i of weight[o, i] * x[i] for every sample; no bias where `bias` is negative.

    The strides say where weight[o, i] lies, so that the same product carries gradients backward through the
    transposed weight. Weights of many inputs that lie far apart are brought together at `packed` first, lest every
    panel fetches them from afar.
    """
    whole = outputs - outputs % 4
    packs = inputs >= PACKED and row_stride == 1
    for o in range(0, whole, 4):
        if packs:
            for i in range(inputs):  # a whole vector, of which the next one overwrites all but four
                store(work, packed + 4 * i, load(work, weight + o + i * column_stride))
            _four_outputs(work, packed, 1, 4, bias, x, inputs, y, outputs, o, panels)
        else:
            _four_outputs(
                work,
                weight + o * row_stride,
                row_stride,
                column_stride,
                bias,
                x,
                inputs,
                y,
                outputs,
                o,
                panels,
            )
    for o in range(whole, outputs):
        _one_output(work, weight, row_stride, column_stride, bias, x, inputs, y, outputs, o, panels)


@kernel
def _four_outputs(work, weight, row_stride, column_stride, bias, x, inputs, y, outputs, o, panels):
    w0, w1 = weight, weight + row_stride
    w2, w3 = weight + 2 * row_stride, weight + 3 * row_stride
    b0 = b1 = b2 = b3 = splat(0.0)
    if bias >= 0:
        b0, b1 = broadcast(work, bias + o), broadcast(work, bias + o + 1)
        b2, b3 = broadcast(work, bias + o + 2), broadcast(work, bias + o + 3)
    for p in range(panels):
        a0, a1, a2, a3 = b0, b1, b2, b3
        c0, c1, c2, c3 = b0, b1, b2, b3
        at = x + p * inputs * PANEL
        k = 0
        for _ in range(inputs):
            u, v = load(work, at), load(work, at + WIDTH)
            s = broadcast(work, w0 + k)
            a0, c0 = fma(s, u, a0), fma(s, v, c0)
            s = broadcast(work, w1 + k)
            a1, c1 = fma(s, u, a1), fma(s, v, c1)
            s = broadcast(work, w2 + k)
            a2, c2 = fma(s, u, a2), fma(s, v, c2)
            s = broadcast(work, w3 + k)
            a3, c3 = fma(s, u, a3), fma(s, v, c3)
            at += PANEL
            k += column_stride
        at = y + (p * outputs + o) * PANEL
        store(work, at, a0)
        store(work, at + WIDTH, c0)
        store(work, at + PANEL, a1)
        store(work, at + PANEL + WIDTH, c1)
        store(work, at + 2 * PANEL, a2)
        store(work, at + 2 * PANEL + WIDTH, c2)
        store(work, at + 3 * PANEL, a3)
        store(work, at + 3 * PANEL + WIDTH, c3)


@kernel
def _one_output(work, weight, row_stride, column_stride, bias, x, inputs, y, outputs, o, panels):
    b = splat(0.0)
    if bias >= 0:
        b = broadcast(work, bias + o)
    for p in range(panels):
        a = c = b
        at, w = x + p * inputs * PANEL, weight + o * row_stride
        for _ in range(inputs):
            s = broadcast(work, w)
            a, c = fma(s, load(work, at), a), fma(s, load(work, at + WIDTH), c)
            at += PANEL
            w += column_stride
        at = y + (p * outputs + o) * PANEL
        store(work, at, a)
        store(work, at + WIDTH, c)


@kernel
def outer(work, gradient, a, rows, b, columns, panels):
    """work[gradient + r * columns + c] = sum over samples of a[r] * b[c], in tiles of 2 rows x 4 columns."""
    for r in range(0, rows, 2):
        r1 = min(r + 1, rows - 1)
        whole = columns - columns % 4
        for c in range(0, whole, 4):
            x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = splat(0.0)
            at = b + c * PANEL
            r_at = a + r * PANEL
            r1_at = a + r1 * PANEL
            for _ in range(panels):
                for half in range(0, PANEL, WIDTH):
                    u, v = load(work, r_at + half), load(work, r1_at + half)
                    s = load(work, at + half)
                    x0, y0 = fma(u, s, x0), fma(v, s, y0)
                    s = load(work, at + half + PANEL)
                    x1, y1 = fma(u, s, x1), fma(v, s, y1)
                    s = load(work, at + half + 2 * PANEL)
                    x2, y2 = fma(u, s, x2), fma(v, s, y2)
                    s = load(work, at + half + 3 * PANEL)
                    x3, y3 = fma(u, s, x3), fma(v, s, y3)
                at += columns * PANEL
                r_at += rows * PANEL
                r1_at += rows * PANEL
            store_totals(work, gradient + r * columns + c, x0, x1, x2, x3)
            store_totals(work, gradient + r1 * columns + c, y0, y1, y2, y3)
        for c in range(whole, columns):
            x0 = y0 = splat(0.0)
            for p in range(panels):
                for half in range(0, PANEL, WIDTH):
                    s = load(work, b + (p * columns + c) * PANEL + half)
                    x0 = fma(load(work, a + (p * rows + r) * PANEL + half), s, x0)
                    y0 = fma(load(work, a + (p * rows + r1) * PANEL + half), s, y0)
            work[gradient + r * columns + c] = total(x0)
            work[gradient + r1 * columns + c] = total(y0)


@kernel
def row_sums(work, gradient, a, rows, panels):
    """work[gradient + r] = sum over samples of a[r]."""
    for r in range(rows):
        low = high = splat(0.0)
        for p in range(panels):
            at = a + (p * rows + r) * PANEL
            low, high = low + load(work, at), high + load(work, at + WIDTH)
        work[gradient + r] = total(low + high)
