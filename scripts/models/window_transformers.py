"""CSWin and CrossFormer, which no package at hand has, written from their published descriptions. Needs PyTorch.

Dong, Bao, Chen, Zhang, Yu, Yuan, Chen, Guo: CSWin Transformer, CVPR 2022 (attention in stripes as wide or as high as
the image, half of the channels each, and a depthwise convolution of the values as position). Wang, Yao, Chen, Lin, Cai,
He, Liu: CrossFormer, ICLR 2022 (patches of several sizes, attention among neighbours and among distant ones by turns, and a
small network that makes the bias of each distance).
"""

import torch
from torch import nn


def _attend(q, k, v, bias=None):
    """Of tensors (groups, heads, places, width): the values, weighted, plus what `bias` adds to the scores."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
    return (scores if bias is None else scores + bias).softmax(-1) @ v


def _mlp(width):
    return nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


def _places(x):
    """(1, C, H, W) as (1, H * W, C)."""
    return x.flatten(2).transpose(1, 2)


class _Stripes(nn.Module):
    """Attention within stripes of `rows` x `columns` places of an image, and the depthwise convolution beside it."""

    def __init__(self, width, heads, rows, columns):
        super().__init__()
        self.heads, self.rows, self.columns = heads, rows, columns
        self.position = nn.Conv2d(width, width, 3, 1, 1, groups=width)

    def _cut(self, x, size):
        """(1, H * W, C) as (stripes, C, rows, columns)."""
        _, _, width = x.shape
        image = x.transpose(1, 2).reshape(width, size // self.rows, self.rows, size // self.columns, self.columns)
        return image.permute(1, 3, 0, 2, 4).reshape(-1, width, self.rows, self.columns)

    def _by_head(self, x):
        stripes, width, _, _ = x.shape
        return x.reshape(stripes, self.heads, width // self.heads, -1).transpose(2, 3)

    def forward(self, q, k, v, size):
        width = q.shape[2]
        values = self._cut(v, size)
        y = _attend(self._by_head(self._cut(q, size)), self._by_head(self._cut(k, size)), self._by_head(values))
        y = y + self._by_head(self.position(values))
        y = y.transpose(1, 2).reshape(size // self.rows, size // self.columns, self.rows, self.columns, width)
        return y.transpose(1, 2).reshape(1, size * size, width)


class _CswinBlock(nn.Module):
    def __init__(self, width, heads, size, stripe):
        super().__init__()
        self.size = size
        self.norm_before, self.norm_between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.split, self.join, self.mlp = nn.Linear(width, 3 * width), nn.Linear(width, width), _mlp(width)
        if stripe == size:
            self.parts = nn.ModuleList([_Stripes(width, heads, size, size)])
        else:
            self.parts = nn.ModuleList([_Stripes(width // 2, heads // 2, size, stripe),
                                        _Stripes(width // 2, heads // 2, stripe, size)])

    def forward(self, x):
        q, k, v = (y.chunk(len(self.parts), 2) for y in self.split(self.norm_before(x)).chunk(3, 2))
        parts = [part(*qkv, self.size) for part, *qkv in zip(self.parts, q, k, v)]
        x = x + self.join(torch.cat(parts, 2) if len(parts) > 1 else parts[0])
        return x + self.mlp(self.norm_between(x))


class _Shrink(nn.Module):
    """A convolution of an image that lies as places, then a normalisation."""

    def __init__(self, size, width_in, width_out):
        super().__init__()
        self.size = size
        self.conv, self.norm = nn.Conv2d(width_in, width_out, 3, 2, 1), nn.LayerNorm(width_out)

    def forward(self, x):
        image = x.transpose(1, 2).reshape(1, -1, self.size, self.size)
        return self.norm(_places(self.conv(image)))


class CswinSmall(nn.Module):
    """CSWin-S at 224x224: x (1, 3, 224, 224) to (1, 1000)."""

    def __init__(self):
        super().__init__()
        self.begin, self.begin_norm = nn.Conv2d(3, 64, 7, 4, 2), nn.LayerNorm(64)
        layers, size, width = [], 56, 64
        for depth, heads, stripe in ((2, 2, 1), (4, 4, 2), (32, 8, 7), (2, 16, 7)):
            layers += [_CswinBlock(width, heads, size, stripe) for _ in range(depth)]
            if size > 7:
                layers.append(_Shrink(size, width, 2 * width))
                size, width = size // 2, 2 * width
        self.layers, self.norm, self.head = nn.Sequential(*layers), nn.LayerNorm(width), nn.Linear(width, 1000)

    def forward(self, x):
        x = self.layers(self.begin_norm(_places(self.begin(x))))
        return self.head(self.norm(x).mean(1))


class _CrossScale(nn.Module):
    """Convolutions of several sizes with one stride, side by side: each larger one makes half as many channels."""

    def __init__(self, width_in, width_out, kernels, stride):
        super().__init__()
        shares = [width_out >> (i + 1) for i in range(len(kernels) - 1)]
        shares.append(width_out - sum(shares))
        self.convs = nn.ModuleList(nn.Conv2d(width_in, share, kernel, stride, (kernel - stride) // 2)
                                   for kernel, share in zip(kernels, shares))

    def forward(self, x):
        return torch.cat([conv(x) for conv in self.convs], 1)


class _DistanceBias(nn.Module):
    """A bias per head for every pair of places of a group, made from their distance."""

    def __init__(self, width, heads, group):
        super().__init__()
        inner = width // 4
        self.net = nn.Sequential(
            nn.Linear(2, inner), nn.LayerNorm(inner), nn.ReLU(),
            nn.Linear(inner, inner), nn.LayerNorm(inner), nn.ReLU(),
            nn.Linear(inner, inner), nn.LayerNorm(inner), nn.ReLU(), nn.Linear(inner, heads))
        span = 2 * group - 1
        steps = torch.arange(1 - group, group, dtype=torch.float32)
        self.register_buffer("distances", torch.stack(torch.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2))
        at = torch.stack(torch.meshgrid(torch.arange(group), torch.arange(group), indexing="ij")).flatten(1)
        between = at[:, :, None] - at[:, None, :] + group - 1
        self.register_buffer("which", (between[0] * span + between[1]).reshape(-1))
        self.places = group * group

    def forward(self):
        return self.net(self.distances)[self.which].reshape(self.places, self.places, -1).permute(2, 0, 1)


class _CrossBlock(nn.Module):
    """Attention within groups of 7 x 7 places: neighbours, or places that lie size / 7 apart."""

    def __init__(self, width, heads, size, distant, group=7):
        super().__init__()
        self.heads, self.size, self.distant, self.group = heads, size, distant, group
        self.norm_before, self.norm_between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.split, self.join, self.mlp = nn.Linear(width, 3 * width), nn.Linear(width, width), _mlp(width)
        self.bias = _DistanceBias(width // 4, heads, group)

    def _image(self, x):
        count, group = self.size // self.group, self.group
        return x.reshape(group, count, group, count, -1) if self.distant else x.reshape(count, group, count, group, -1)

    def forward(self, x):
        width, places = x.shape[2], self.group ** 2
        # Which groups first, then which place of the group; the way back is the same permutation's inverse.
        order = (1, 3, 0, 2, 4) if self.distant else (0, 2, 1, 3, 4)
        back = (2, 0, 3, 1, 4) if self.distant else (0, 2, 1, 3, 4)
        groups = self._image(self.norm_before(x)).permute(order).reshape(-1, places, width)
        q, k, v = self.split(groups).reshape(-1, places, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        y = self.join(_attend(q, k, v, self.bias()).transpose(1, 2).reshape(-1, places, width))
        count = self.size // self.group
        y = y.reshape(count, count, self.group, self.group, width).permute(back).reshape(1, -1, width)
        x = x + y
        return x + self.mlp(self.norm_between(x))


class _CrossMerge(nn.Module):
    def __init__(self, size, width):
        super().__init__()
        self.size, self.norm = size, nn.LayerNorm(width)
        self.shrink = _CrossScale(width, 2 * width, (2, 4), 2)

    def forward(self, x):
        return _places(self.shrink(self.norm(x).transpose(1, 2).reshape(1, -1, self.size, self.size)))


class CrossFormerSmall(nn.Module):
    """CrossFormer-S at 224x224: x (1, 3, 224, 224) to (1, 1000)."""

    def __init__(self):
        super().__init__()
        self.begin, self.begin_norm = _CrossScale(3, 96, (4, 8, 16, 32), 4), nn.LayerNorm(96)
        layers, size, width = [], 56, 96
        for depth, heads in ((2, 3), (2, 6), (6, 12), (2, 24)):
            # Of one group only, near and far are the same.
            layers += [_CrossBlock(width, heads, size, i % 2 == 1 and size > 7) for i in range(depth)]
            if size > 7:
                layers.append(_CrossMerge(size, width))
                size, width = size // 2, 2 * width
        self.layers, self.norm, self.head = nn.Sequential(*layers), nn.LayerNorm(width), nn.Linear(width, 1000)

    def forward(self, x):
        x = self.layers(self.begin_norm(_places(self.begin(x))))
        return self.head(self.norm(x).mean(1))
