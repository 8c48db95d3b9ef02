"""Dense layers: matrix products whose innermost loop runs over the batch, in tiles of 4 outputs x 2 vectors.

All that a run needs lies in one flat array, `work`; what kernels take beside it are places in it. Activations lie in
panels of `PANEL` samples, (panels, features, PANEL), so that one panel of all features is one stretch of memory.
"""

from __future__ import annotations

from seedbed.engines.fused.workspace import PANEL
from seedbed.simd import (
    WIDTH,
    broadcast,
    fma,
    kernel,
    load,
    put,
    splat,
    store,
    store_totals,
    total,
)

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
    for o in range(whole, outputs, 2):
        _two_outputs(work, weight, row_stride, column_stride, bias, x, inputs, y, outputs, o, panels)


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
def _two_outputs(work, weight, row_stride, column_stride, bias, x, inputs, y, outputs, o, panels):
    """The tile of what is left of the outputs: 2 of them (the last may stand twice) x 2 panels (the last likewise)."""
    o1 = min(o + 1, outputs - 1)
    w0, w1 = weight + o * row_stride, weight + o1 * row_stride
    b0 = b1 = splat(0.0)
    if bias >= 0:
        b0, b1 = broadcast(work, bias + o), broadcast(work, bias + o1)
    for p in range(0, panels, 2):
        p1 = min(p + 1, panels - 1)
        a0 = c0 = d0 = e0 = b0
        a1 = c1 = d1 = e1 = b1
        at, next_panel = x + p * inputs * PANEL, (p1 - p) * inputs * PANEL
        k = 0
        for _ in range(inputs):
            s, t = broadcast(work, w0 + k), broadcast(work, w1 + k)
            u, v = load(work, at), load(work, at + WIDTH)
            a0, a1, c0, c1 = fma(s, u, a0), fma(t, u, a1), fma(s, v, c0), fma(t, v, c1)
            u, v = load(work, at + next_panel), load(work, at + next_panel + WIDTH)
            d0, d1, e0, e1 = fma(s, u, d0), fma(t, u, d1), fma(s, v, e0), fma(t, v, e1)
            at += PANEL
            k += column_stride
        first, second = y + p * outputs * PANEL, y + p1 * outputs * PANEL
        store(work, first + o * PANEL, a0)
        store(work, first + o * PANEL + WIDTH, c0)
        store(work, first + o1 * PANEL, a1)
        store(work, first + o1 * PANEL + WIDTH, c1)
        store(work, second + o * PANEL, d0)
        store(work, second + o * PANEL + WIDTH, e0)
        store(work, second + o1 * PANEL, d1)
        store(work, second + o1 * PANEL + WIDTH, e1)


@kernel
def outer(work, gradient, a, rows, b, columns, panels):
    """work[gradient + r * columns + c] = sum over samples of a[r] * b[c], in tiles of 2 rows x 4 columns."""
    whole = columns - columns % 4
    for r in range(0, rows, 2):
        r1 = min(r + 1, rows - 1)
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
        _column(work, gradient, a, rows, b, columns, c, panels)


@kernel
def _column(work, gradient, a, rows, b, columns, c, panels):
    """One of the last columns of `outer`, in tiles of 4 rows x 2 vectors."""
    last = rows - 1
    for r in range(0, rows, 4):
        r1, r2, r3 = min(r + 1, last), min(r + 2, last), min(r + 3, last)
        x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = splat(0.0)
        for p in range(panels):
            at, first = b + (p * columns + c) * PANEL, a + p * rows * PANEL
            s, t = load(work, at), load(work, at + WIDTH)
            at = first + r * PANEL
            x0, y0 = fma(s, load(work, at), x0), fma(t, load(work, at + WIDTH), y0)
            at = first + r1 * PANEL
            x1, y1 = fma(s, load(work, at), x1), fma(t, load(work, at + WIDTH), y1)
            at = first + r2 * PANEL
            x2, y2 = fma(s, load(work, at), x2), fma(t, load(work, at + WIDTH), y2)
            at = first + r3 * PANEL
            x3, y3 = fma(s, load(work, at), x3), fma(t, load(work, at + WIDTH), y3)
        put(work, gradient + r * columns + c, total(x0 + y0))
        put(work, gradient + r1 * columns + c, total(x1 + y1))
        put(work, gradient + r2 * columns + c, total(x2 + y2))
        put(work, gradient + r3 * columns + c, total(x3 + y3))


@kernel
def row_sums(work, gradient, a, rows, panels):
    """work[gradient + r] = sum over samples of a[r]."""
    for r in range(rows):
        low = high = splat(0.0)
        for p in range(panels):
            at = a + (p * rows + r) * PANEL
            low, high = low + load(work, at), high + load(work, at + WIDTH)
        put(work, gradient + r, total(low + high))
