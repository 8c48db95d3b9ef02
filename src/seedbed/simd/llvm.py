"""The vector type as Numba intrinsics over LLVM's `<WIDTH x float>` and `<WIDTH x i32>`.

Arithmetic is written with operators (`a * b + c`); everything else is a function below. Loads and stores take a flat
float32 array and an index, and check no bounds.
"""

from __future__ import annotations

import ctypes
import operator
import os
from inspect import Parameter, Signature
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.core.typing.templates import ConcreteTemplate, infer_global
from numba.core.typing.templates import signature as signature_of
from numba.extending import intrinsic, lower_builtin, models, register_model
from numba.np.arrayobj import make_array

from seedbed.simd.width import native_width

__all__ = [
    "WIDTH", "absolute", "broadcast", "choose", "choose_below", "exponent", "fetch", "fetch_add", "fma", "give_way",
    "lanes", "load", "mantissa", "multiply_high", "nearest", "power_of_two", "prefetch", "put", "splat", "splat_word",
    "square_root", "store", "store_totals", "take", "total", "transpose",
]  # fmt: skip

WIDTH = native_width()
FLOAT, WORD = ir.FloatType(), ir.IntType(32)
FLOATS, WORDS = ir.VectorType(FLOAT, WIDTH), ir.VectorType(WORD, WIDTH)


YIELD = "seedbed_give_way"  # what compiled code knows the system's function by
_LIBRARY: Any = ctypes.WinDLL("kernel32") if os.name == "nt" else ctypes.CDLL(None)  # type: ignore[attr-defined]
_SYSTEM_YIELD = _LIBRARY.SwitchToThread if os.name == "nt" else _LIBRARY.sched_yield
binding.add_symbol(YIELD, ctypes.cast(_SYSTEM_YIELD, ctypes.c_void_p).value)


class VectorType(types.Type):  # type: ignore[misc]
    """Numba's name for a vector of float32 or of 32-bit words."""


VECTOR = VectorType(f"floats{WIDTH}")
WORD_VECTOR = VectorType(f"words{WIDTH}")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, FLOATS if kind is VECTOR or kind.name == VECTOR.name else WORDS)


def _constant(value: Any, kind: ir.VectorType) -> ir.Constant:
    return ir.Constant(kind, [value] * WIDTH)


def _operator(symbol: Any, kind: VectorType, instruction: str) -> None:
    infer_global(symbol)(type("_Operator", (ConcreteTemplate,), {"cases": [signature_of(kind, kind, kind)]}))

    @lower_builtin(symbol, kind, kind)
    def lower(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)


for _symbol, _instruction in {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}.items():
    _operator(getattr(operator, _symbol), VECTOR, _instruction)
for _symbol, _instruction in {"add": "add", "mul": "mul", "xor": "xor"}.items():
    _operator(getattr(operator, _symbol), WORD_VECTOR, _instruction)


def _function(build: Any, result: types.Type, *args: types.Type | None) -> Any:
    """An intrinsic of these argument types (None: any), made by `build(context, builder, types, *values)`."""

    def typed(typing_context: Any, *given: Any) -> Any:
        wanted = tuple(kind or came for kind, came in zip(args, given, strict=True))

        def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return build(context, builder, signature.args, *values)

        return signature_of(result, *wanted), lower

    # Numba asks for the signature, and a star argument would be a tuple to it.
    names = ["typing_context", *(f"argument{n}" for n in range(len(args)))]
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])  # type: ignore[attr-defined]
    return intrinsic(typed)


def _call(builder: Any, name: str, *args: Any) -> Any:
    """Call an LLVM intrinsic that is overloaded on the float vector type."""
    kind = ir.FunctionType(FLOATS, [FLOATS] * len(args))
    return builder.call(get_or_insert_function(builder.module, kind, f"{name}.v{WIDTH}f32"), args)


def _llvm(name: str, arity: int) -> Any:
    return _function(lambda _, builder, __, *args: _call(builder, name, *args), VECTOR, *[VECTOR] * arity)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _load(context: Any, builder: Any, kinds: Any, array: Any, index: Any) -> Any:
    pointer = _pointer(context, builder, kinds[0], array, index)
    return builder.load(builder.bitcast(pointer, FLOATS.as_pointer()), align=4, typ=FLOATS)


def _broadcast(context: Any, builder: Any, kinds: Any, array: Any, index: Any) -> Any:
    return _splat(
        builder, builder.load(_pointer(context, builder, kinds[0], array, index), typ=FLOAT), FLOATS
    )


def _store(context: Any, builder: Any, kinds: Any, array: Any, index: Any, value: Any) -> Any:
    pointer = _pointer(context, builder, kinds[0], array, index)
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=4)
    return context.get_dummy_value()


def _take(context: Any, builder: Any, kinds: Any, array: Any, index: Any) -> Any:
    return builder.load(_pointer(context, builder, kinds[0], array, index), typ=FLOAT)


def _splat(builder: Any, scalar: Any, kind: ir.VectorType) -> Any:
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(WORD, 0))
    return builder.shuffle_vector(first, first, _constant(0, WORDS))


def _shuffle(builder: Any, a: Any, b: Any, order: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(WORD, len(order)), order))


def _fold(builder: Any, vector: Any, to: int) -> Any:
    """Add the upper half to the lower until `to` lanes are left."""
    lanes_left = vector.type.count
    while lanes_left > to:
        lanes_left //= 2
        low = _shuffle(builder, vector, vector, list(range(lanes_left)))
        high = _shuffle(builder, vector, vector, list(range(lanes_left, 2 * lanes_left)))
        vector = builder.fadd(low, high)
    return vector


def _total(context: Any, builder: Any, _: Any, vector: Any) -> Any:
    return builder.extract_element(_fold(builder, vector, 1), ir.Constant(WORD, 0))


def _interleaved_sum(builder: Any, a: Any, b: Any, run: int) -> Any:
    """Lanes of a + b such that runs of `run` lanes of a and of b alternate, each the sum of two such runs."""
    starts = range(0, WIDTH, 2 * run)
    low = [lane for s in starts for base in (0, WIDTH) for lane in range(base + s, base + s + run)]
    return builder.fadd(_shuffle(builder, a, b, low), _shuffle(builder, a, b, [lane + run for lane in low]))


def _store_totals(
    context: Any, builder: Any, kinds: Any, array: Any, index: Any, a: Any, b: Any, c: Any, d: Any
) -> Any:
    left, right = _interleaved_sum(builder, a, b, 1), _interleaved_sum(builder, c, d, 1)
    four = _fold(builder, _interleaved_sum(builder, left, right, 2), 4)
    return _store(context, builder, kinds, array, index, four)


def _transpose(
    context: Any, builder: Any, kinds: Any, source: Any, numbers: Any, first: Any, size: Any, offset: Any, target: Any,
    to: Any, stride: Any,
) -> Any:  # fmt: skip
    rows = []
    for lane in range(WIDTH):
        place = builder.add(first, ir.Constant(ir.IntType(64), lane))
        number = builder.load(_pointer(context, builder, kinds[1], numbers, place), typ=ir.IntType(64))
        start = builder.add(builder.mul(number, size), offset)
        rows.append(_load_numbers(context, builder, kinds[0], source, start))
    run = 1
    while run < WIDTH:
        for low in (lane for lane in range(WIDTH) if not lane & run):
            a, b = rows[low], rows[low | run]
            starts_of_runs = range(0, WIDTH, 2 * run)
            order = [base + s + n for s in starts_of_runs for base in (0, WIDTH) for n in range(run)]
            rows[low] = _shuffle(builder, a, b, order)
            rows[low | run] = _shuffle(builder, a, b, [lane + run for lane in order])
        run *= 2
    for row in rows:
        _store(context, builder, (kinds[5],), target, to, row)
        to = builder.add(to, stride)
    return context.get_dummy_value()


def _load_numbers(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """A vector of floats, also from an array of bytes."""
    if kind.dtype == types.float32:
        return _load(context, builder, (kind,), array, index)
    packed = ir.VectorType(ir.IntType(8), WIDTH)
    pointer = builder.bitcast(_pointer(context, builder, kind, array, index), packed.as_pointer())
    return builder.uitofp(builder.load(pointer, align=1, typ=packed), FLOATS)


def _choose(_: Any, builder: Any, __: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), x, y)


def _choose_below(_: Any, builder: Any, __: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    return builder.select(builder.icmp_unsigned("<", a, b), x, y)


def _power_of_two(_: Any, builder: Any, __: Any, exponent: Any) -> Any:
    biased = builder.add(builder.fptosi(exponent, WORDS), _constant(127, WORDS))
    return builder.bitcast(builder.shl(biased, _constant(23, WORDS)), FLOATS)


def _exponent(_: Any, builder: Any, __: Any, x: Any) -> Any:
    biased = builder.lshr(builder.bitcast(x, WORDS), _constant(23, WORDS))
    return builder.sitofp(builder.sub(biased, _constant(127, WORDS)), FLOATS)


def _mantissa(_: Any, builder: Any, __: Any, x: Any) -> Any:
    bits = builder.and_(builder.bitcast(x, WORDS), _constant(0x007FFFFF, WORDS))
    return builder.bitcast(builder.or_(bits, _constant(0x3F800000, WORDS)), FLOATS)


def _multiply_high(_: Any, builder: Any, __: Any, a: Any, b: Any) -> Any:
    wide = ir.VectorType(ir.IntType(64), WIDTH)
    product = builder.mul(builder.zext(a, wide), builder.zext(b, wide))
    return builder.trunc(builder.lshr(product, _constant(32, wide)), WORDS)


def _lanes(_: Any, builder: Any, __: Any) -> Any:
    return ir.Constant(WORDS, list(range(WIDTH)))


def _prefetch(context: Any, builder: Any, kinds: Any, array: Any, index: Any) -> Any:
    pointer = builder.bitcast(_pointer(context, builder, kinds[0], array, index), ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, WORD, WORD, WORD])
    function = get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [pointer, ir.Constant(WORD, 0), ir.Constant(WORD, 3), ir.Constant(WORD, 1)])
    return context.get_dummy_value()


def _fetch_add(context: Any, builder: Any, kinds: Any, array: Any) -> Any:
    pointer = make_array(kinds[0])(context, builder, array).data
    return builder.atomic_rmw("add", pointer, ir.Constant(ir.IntType(64), 1), "acq_rel")


def _fetch(context: Any, builder: Any, kinds: Any, array: Any) -> Any:
    pointer = make_array(kinds[0])(context, builder, array).data
    return builder.load_atomic(pointer, "acquire", 8, typ=ir.IntType(64))


def _give_way(_: Any, builder: Any, __: Any) -> Any:
    return builder.call(get_or_insert_function(builder.module, ir.FunctionType(WORD, []), YIELD), [])


load = _function(_load, VECTOR, None, types.intp)
broadcast = _function(_broadcast, VECTOR, None, types.intp)
take = _function(_take, types.float32, None, types.intp)
put = _function(_store, types.void, None, types.intp, types.float32)
store = _function(_store, types.void, None, types.intp, VECTOR)
splat = _function(lambda _, builder, __, scalar: _splat(builder, scalar, FLOATS), VECTOR, types.float32)
splat_word = _function(
    lambda _, builder, __, scalar: _splat(builder, scalar, WORDS), WORD_VECTOR, types.uint32
)
fma = _llvm("llvm.fma", 3)
absolute = _llvm("llvm.fabs", 1)
square_root = _llvm("llvm.sqrt", 1)
nearest = _llvm("llvm.rint", 1)
transpose = _function(_transpose, types.void, None, None, *[types.intp] * 3, None, types.intp, types.intp)
total = _function(_total, types.float32, VECTOR)
store_totals = _function(_store_totals, types.void, None, types.intp, *[VECTOR] * 4)
choose = _function(_choose, VECTOR, *[VECTOR] * 4)
choose_below = _function(_choose_below, VECTOR, WORD_VECTOR, WORD_VECTOR, VECTOR, VECTOR)
power_of_two = _function(_power_of_two, VECTOR, VECTOR)
exponent = _function(_exponent, VECTOR, VECTOR)
mantissa = _function(_mantissa, VECTOR, VECTOR)
multiply_high = _function(_multiply_high, WORD_VECTOR, WORD_VECTOR, WORD_VECTOR)
lanes = _function(_lanes, WORD_VECTOR)
prefetch = _function(_prefetch, types.void, None, types.intp)
fetch_add = _function(_fetch_add, types.int64, None)
fetch = _function(_fetch, types.int64, None)
give_way = _function(_give_way, types.int32)
