"""A Relax module from ONNX made ready for tvm_schedule.py's rules, scheduled by them and compiled for this CPU.

Convolutions get their channels innermost, functions of libm become polynomials, constants are packed beforehand.
"""

import collections
import contextlib
import math

import tvm
from tvm import relax, te, tirx, topi
from tvm_schedule import Machine, scheduled


def _sigmoid(x):
    power = topi.fast_exp(topi.negative(x))
    return te.compute(x.shape, lambda *index: 1 / (1 + power(*index)), name="sigmoid")


def _gelu(x):
    normal = topi.fast_erf(topi.multiply(x, math.sqrt(0.5)))
    return te.compute(x.shape, lambda *index: x(*index) * (0.5 + 0.5 * normal(*index)), name="gelu")


def _channels_last(builder, call, compute):
    """Emits compute(data, kernel) of data with the channels innermost, also where ConvertLayout did not come."""
    moved = call.attrs.data_layout == "NCHW"

    def whole(data, kernel):
        result = compute(topi.transpose(data, [0, 2, 3, 1]) if moved else data, kernel)
        return topi.transpose(result, [0, 3, 1, 2]) if moved else result

    return builder.call_te(whole, *call.args, primfunc_name_hint="conv2d")


def _numbers(values):
    return [int(value) for value in values]


def _convolution(builder, call):
    attrs = call.attrs
    return _channels_last(builder, call, lambda data, kernel: topi.nn.conv(
        data, kernel, _numbers(attrs.strides), _numbers(attrs.padding), _numbers(attrs.dilation), int(attrs.groups),
        "NHWC", attrs.kernel_layout))


def _transposed_convolution(builder, call):
    """Kernels as large as their stride make each input a patch of its own; others go through TVM's for NCHW."""
    attrs = call.attrs
    strides, padding, more = _numbers(attrs.strides), _numbers(attrs.padding), _numbers(attrs.output_padding)

    def patches(data, kernel):
        (n, h, w, inputs), outputs = data.shape, kernel.shape[1]
        i = te.reduce_axis((0, inputs), name="i")
        parts = te.compute((n, h, strides[0], w, strides[1], outputs), lambda b, y, dy, x, dx, o: te.sum(
            data[b, y, x, i] * kernel[i, o, dy, dx], axis=i), name="patches")
        return topi.reshape(parts, (n, h * strides[0], w * strides[1], outputs))

    def general(data, kernel):
        result = topi.nn.group_conv2d_transpose_nchw(topi.transpose(data, [0, 3, 1, 2]), kernel, strides, padding,
                                                     data.dtype, more, int(attrs.groups))
        return topi.transpose(result, [0, 2, 3, 1])

    if _numbers(attrs.dilation) != [1, 1] or attrs.kernel_layout != "IOHW":
        return call
    fits = _numbers(call.args[1].ty.shape)[2:] == strides and not any(padding + more) and int(attrs.groups) == 1
    return _channels_last(builder, call, patches if fits else general)


def _legalisations():
    """Functions that would be a call of libm for each element as polynomials, which lie along vectors; convolutions."""
    functions = {"relax.exp": topi.fast_exp, "relax.erf": topi.fast_erf, "relax.tanh": topi.fast_tanh,
                 "relax.sigmoid": _sigmoid, "relax.nn.gelu": _gelu,
                 "relax.nn.silu": lambda x: topi.multiply(x, _sigmoid(x))}
    table = {name: lambda builder, call, function=function: builder.call_te(function, call.args[0])
             for name, function in functions.items()}
    table["relax.nn.conv2d"], table["relax.nn.conv2d_transpose"] = _convolution, _transposed_convolution
    table["relax.nn.softmax"] = lambda builder, call: builder.call_te(
        topi.nn.fast_softmax, call.args[0], int(call.attrs.axis))
    return table


def schedule(module, machine, rules):
    """The module with every function scheduled, and how many each rule took."""
    passes, taken = relax.transform, collections.Counter()
    module = tvm.transform.Sequential([
        passes.DecomposeOpsForInference(), passes.CanonicalizeBindings(), passes.FoldConstant()])(module)
    with contextlib.suppress(tvm.error.InternalError):  # it knows some operators in fewer shapes than ONNX has
        module = passes.ConvertLayout({"relax.nn.conv2d": ["NHWC", "OIHW"]})(module)
    module = tvm.transform.Sequential([
        passes.Normalize(), passes.FoldConstant(), passes.LegalizeOps(_legalisations()), passes.AnnotateTIROpPattern(),
        passes.FoldConstant(), passes.FuseOps(), passes.FuseTIR(), passes.AttachAttrLayoutFreeBuffers()])(module)
    for variable, function in module.functions_items():
        if isinstance(function, tirx.PrimFunc):
            module[variable], rule = scheduled(function, machine, rules)
            taken[rule] += 1
    return tvm.transform.Sequential([passes.SplitLayoutRewritePreproc(), passes.FoldConstant(),
                                     passes.DeadCodeElimination()])(module), taken


def build(module, threads):
    """The module as an executable for this CPU, and how many functions each rule took.

    Sums may be reordered, which is what lets LLVM make vectors of reductions. What a rule makes of a function can still
    be refused when it is compiled: then the module is compiled without that rule.
    """
    target = tvm.target.Target({"kind": "llvm", "mcpu": tvm.target.codegen.llvm_get_system_cpu(), "num-cores": threads,
                                **{f"fast-math-{liberty}": True for liberty in ("reassoc", "contract", "nnan", "nsz")}})
    with target:
        for rules in (("tile", "rows", "spread"), ("spread",), ()):
            try:
                ready, taken = schedule(module, Machine(target), rules)
                return tvm.compile(ready, target, relax_pipeline=relax.get_pipeline("default_build")), taken
            except (tvm.error.InternalError, RuntimeError, ValueError, TypeError):
                if not rules:
                    raise
    raise AssertionError("the last attempt returns or raises")
