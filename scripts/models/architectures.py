"""The architectures that export.py knows, of SmartMem's table 7: those of timm, transformers, diffusers and torch, and
some that are written here and in window_transformers.py.

Each entry of ARCHITECTURES is a function that returns (title, module, example inputs by name, their fills, the row of
the table or None). Weights are those of a fresh initialisation; nothing is downloaded.
"""

import torch
from torch import nn

IMAGE = {"uniform": [-2, 2]}


def _timm(name, size=224, **more):
    import timm

    return timm.create_model(name, pretrained=False, **more), {"x": torch.randn(1, 3, size, size)}, {"x": IMAGE}


class _ConvUnit(nn.Module):
    def __init__(self, c_in, c_out, kernel=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return nn.functional.silu(self.norm(self.conv(x)))


class _C2f(nn.Module):
    """Split, a chain of bottlenecks, concatenation of every link."""

    def __init__(self, c_in, c_out, depth, shortcut):
        super().__init__()
        half = c_out // 2
        self.shortcut = shortcut
        self.begin = _ConvUnit(c_in, c_out)
        self.links = nn.ModuleList(
            nn.Sequential(_ConvUnit(half, half, 3), _ConvUnit(half, half, 3)) for _ in range(depth))
        self.end = _ConvUnit((2 + depth) * half, c_out)

    def forward(self, x):
        parts = list(self.begin(x).chunk(2, 1))
        for link in self.links:
            y = link(parts[-1])
            parts.append(parts[-1] + y if self.shortcut else y)
        return self.end(torch.cat(parts, 1))


class _Sppf(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.begin = _ConvUnit(channels, channels // 2)
        self.end = _ConvUnit(2 * channels, channels)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        parts = [self.begin(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.end(torch.cat(parts, 1))


class _YoloLike(nn.Module):
    """A detector with the widths, depths and head of YOLOv8n, written from its published description."""

    def __init__(self, classes=80, bins=16):
        super().__init__()
        self.bins = bins
        self.stem = nn.Sequential(_ConvUnit(3, 16, 3, 2), _ConvUnit(16, 32, 3, 2), _C2f(32, 32, 1, True))
        self.to8 = nn.Sequential(_ConvUnit(32, 64, 3, 2), _C2f(64, 64, 2, True))
        self.to16 = nn.Sequential(_ConvUnit(64, 128, 3, 2), _C2f(128, 128, 2, True))
        self.to32 = nn.Sequential(_ConvUnit(128, 256, 3, 2), _C2f(256, 256, 1, True), _Sppf(256))
        self.up16, self.up8 = _C2f(384, 128, 1, False), _C2f(192, 64, 1, False)
        self.down16, self.down32 = _ConvUnit(64, 64, 3, 2), _ConvUnit(128, 128, 3, 2)
        self.mix16, self.mix32 = _C2f(192, 128, 1, False), _C2f(384, 256, 1, False)
        widths = (64, 128, 256)
        self.boxes = nn.ModuleList(nn.Sequential(_ConvUnit(w, 64, 3), _ConvUnit(64, 64, 3), nn.Conv2d(64, 4 * bins, 1))
                                   for w in widths)
        self.scores = nn.ModuleList(nn.Sequential(_ConvUnit(w, 80, 3), _ConvUnit(80, 80, 3), nn.Conv2d(80, classes, 1))
                                    for w in widths)

    def forward(self, x):
        c8 = self.to8(self.stem(x))
        c16 = self.to16(c8)
        c32 = self.to32(c16)
        bigger = nn.functional.interpolate
        p16 = self.up16(torch.cat([bigger(c32, scale_factor=2.0), c16], 1))
        p8 = self.up8(torch.cat([bigger(p16, scale_factor=2.0), c8], 1))
        n16 = self.mix16(torch.cat([self.down16(p8), p16], 1))
        n32 = self.mix32(torch.cat([self.down32(n16), c32], 1))
        levels = (p8, n16, n32)
        boxes = torch.cat([head(level).flatten(2) for head, level in zip(self.boxes, levels)], 2)
        scores = torch.cat([head(level).flatten(2) for head, level in zip(self.scores, levels)], 2)
        places = boxes.reshape(1, 4, self.bins, -1).softmax(2)
        steps = torch.arange(self.bins, dtype=torch.float32).reshape(1, 1, -1, 1)
        return torch.cat([(places * steps).sum(2), scores.sigmoid()], 1)


class _ClipText(nn.Module):
    def __init__(self):
        super().__init__()
        from transformers import CLIPTextConfig, CLIPTextModel

        self.model = CLIPTextModel(CLIPTextConfig(
            vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
            max_position_embeddings=77, attn_implementation="eager"))

    def forward(self, x):
        return self.model(input_ids=x).last_hidden_state


class _Table(nn.Module):
    """One initializer of the graph, where a computed table becomes one for each block that reads it."""

    def __init__(self, values):
        super().__init__()
        self.values = nn.Parameter(values)

    def forward(self, _):
        return self.values


class _Conformer(nn.Module):
    """Conformer-S of Gulati et al. (2020): 16 blocks of width 144 with relative positions, in transformers' code,
    behind the paper's subsampling by four (two convolutions of stride 2 and a projection). The depthwise convolution has 31
    taps, for the paper's 32 have no middle; the decoder, a recurrent layer, is left out."""

    def __init__(self, frames, mels=80, width=144):
        super().__init__()
        from transformers import Wav2Vec2ConformerConfig
        from transformers.models.wav2vec2_conformer.modeling_wav2vec2_conformer import Wav2Vec2ConformerEncoder

        self.halve = nn.Sequential(nn.Conv2d(1, width, 3, 2, 1), nn.ReLU(),
                                   nn.Conv2d(width, width, 3, 2, 1), nn.ReLU())
        self.project = nn.Linear(width * mels // 4, width)
        self.encoder = Wav2Vec2ConformerEncoder(Wav2Vec2ConformerConfig(
            hidden_size=width, num_hidden_layers=16, num_attention_heads=4, intermediate_size=4 * width,
            hidden_act="silu", position_embeddings_type="relative", max_source_positions=frames // 4,
            conv_depthwise_kernel_size=31, attn_implementation="eager"))
        table = self.encoder.embed_positions(torch.zeros(1, frames // 4, width))
        self.encoder.embed_positions = _Table(table)
        for layer in self.encoder.layers:
            # Born as zeros, whose additions would be folded away.
            nn.init.normal_(layer.self_attn.pos_bias_u, std=0.05)
            nn.init.normal_(layer.self_attn.pos_bias_v, std=0.05)

    def forward(self, x):
        y = self.halve(x.unsqueeze(1))
        return self.encoder(self.project(y.transpose(1, 2).flatten(2))).last_hidden_state


class _SdUnet(nn.Module):
    """The configuration that Stable Diffusion 1.5 is published with."""

    def __init__(self):
        super().__init__()
        from diffusers import UNet2DConditionModel

        self.model = UNet2DConditionModel(
            sample_size=64, in_channels=4, out_channels=4, block_out_channels=(320, 640, 1280, 1280),
            layers_per_block=2, cross_attention_dim=768, attention_head_dim=8)

    def forward(self, x, step, text):
        return self.model(x, step, text, return_dict=False)[0]


class _SdVaeDecoder(nn.Module):
    """The decoding half of the published configuration, and the 1x1 convolution before it."""

    def __init__(self):
        super().__init__()
        from diffusers import AutoencoderKL

        whole = AutoencoderKL(
            sample_size=512, latent_channels=4, block_out_channels=(128, 256, 512, 512), layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
        self.begin, self.decoder = whole.post_quant_conv, whole.decoder

    def forward(self, x):
        return self.decoder(self.begin(x))


class _Pythia(nn.Module):
    def __init__(self):
        super().__init__()
        from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

        self.model = GPTNeoXForCausalLM(GPTNeoXConfig(
            vocab_size=50304, hidden_size=2048, num_hidden_layers=16, num_attention_heads=8, intermediate_size=8192,
            rotary_pct=0.25, max_position_embeddings=2048, use_parallel_residual=True, attn_implementation="eager"))

    def forward(self, x):
        # Its own mask would be made by an operator that ONNX has not.
        places = x.shape[1]
        mask = torch.full((1, 1, places, places), torch.finfo(torch.float32).min).triu(1)
        return self.model(input_ids=x, attention_mask=mask, use_cache=False).logits


def convnext_t():
    return "ConvNeXt-T, 224x224", *_timm("convnext_tiny"), "ConvNext"


def regnety_3_2g():
    return "RegNetY-3.2GF, 224x224", *_timm("regnety_032"), "RegNet"


def resnext50():
    return "ResNeXt-50 32x4d, 224x224", *_timm("resnext50_32x4d"), "ResNext"


def resnet50():
    return "ResNet-50, 224x224 (control of table 1)", *_timm("resnet50"), None


def yolov8n_like():
    inputs = {"x": torch.randn(1, 3, 640, 640)}
    return "a detector of YOLOv8n's widths and head, 640x640", _YoloLike(), inputs, {"x": IMAGE}, "YOLOv8"


def swin_t():
    return "Swin-T, 224x224", *_timm("swin_tiny_patch4_window7_224"), "Swin"


def cswin_s():
    from window_transformers import CswinSmall

    return "CSWin-S, 224x224", CswinSmall(), {"x": torch.randn(1, 3, 224, 224)}, {"x": IMAGE}, "CSwin"


def crossformer_s():
    from window_transformers import CrossFormerSmall

    return "CrossFormer-S, 224x224", CrossFormerSmall(), {"x": torch.randn(1, 3, 224, 224)}, {"x": IMAGE}, "CrossFormer"


def vit_1024():
    from timm.models.vision_transformer import VisionTransformer

    model = VisionTransformer(img_size=224, patch_size=16, embed_dim=1024, depth=12, num_heads=16, mlp_ratio=2)
    title = "ViT of width 1024, depth 12 and MLP 2048, which has the table's MACs and parameters, 224x224"
    return title, model, {"x": torch.randn(1, 3, 224, 224)}, {"x": IMAGE}, "ViT"


def efficientvit_b3():
    return "EfficientViT-B3, 256x256", *_timm("efficientvit_b3", 256), "EfficientViT"


def clip_text():
    inputs = {"x": torch.arange(77).reshape(1, 77) + 1000}
    return "CLIP ViT-L/14 text encoder, 77 tokens", _ClipText(), inputs, {"x": {"integers": [0, 49000]}}, "SD-TextEncoder"


def conformer_s():
    # The table does not say how long its sound is; this length has its MACs.
    frames = 2560
    title = "Conformer-S encoder, 25.6 s of sound as 2560 x 80 mel bands"
    return title, _Conformer(frames), {"x": torch.randn(1, frames, 80)}, {"x": IMAGE}, "Conformer"


def sd_unet():
    # A picture of 256x256: the table's MACs are those of this size.
    inputs = {"x": torch.randn(1, 4, 32, 32), "step": torch.tensor([500]), "text": torch.randn(1, 77, 768)}
    fills = {"x": IMAGE, "step": {"integers": [0, 1000]}, "text": IMAGE}
    return "Stable Diffusion 1.5, one step of the UNet, latents 32x32", _SdUnet(), inputs, fills, "SD-UNet"


def sd_vae_decoder():
    inputs = {"x": torch.randn(1, 4, 32, 32)}
    title = "Stable Diffusion 1.5, decoder from latents 32x32 to a picture of 256x256"
    return title, _SdVaeDecoder(), inputs, {"x": IMAGE}, "SD-VAEDecoder"


def pythia_1b():
    inputs = {"x": torch.arange(128).reshape(1, 128) + 1000}
    return "Pythia-1B, 128 tokens at once", _Pythia(), inputs, {"x": {"integers": [0, 50000]}}, "Pythia"


ARCHITECTURES = {f.__name__: f for f in (
    convnext_t, regnety_3_2g, resnext50, resnet50, yolov8n_like, swin_t, cswin_s, crossformer_s, vit_1024,
    efficientvit_b3, clip_text, conformer_s, sd_unet, sd_vae_decoder, pythia_1b)}
