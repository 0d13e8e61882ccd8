"""Writes test/fixtures/mediaTokens.json: tokens that the processors of transformers put in the place of an image or of audio.

    python scripts/mediaTokens.py > test/fixtures/mediaTokens.json

Needs transformers, torch and torchvision; no weights, no tokenizer and no network. Every processor is run for real on blank images
and silence. Its tokenizer is a stand-in that knows the special tokens of the family (and one or two line breaks) as one token each
and every other byte as one, so that what the family's tokenizer merges is not a question here.
Rows: [width, height, tokens, features] of images, [seconds, tokens, features] of audio, [width, height, frames, tokens, features]
of videos; features are the placeholders that take what the tower has put out.
"""

import json
import logging
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import torch
import torch.library
from PIL import Image

_register_fake = torch.library.register_fake


def _skip_missing(op, *args, **kwargs):
    """torchvision's own kernels may be built for another torch; no processor here needs one of them."""
    if isinstance(op, str) and op.startswith("torchvision::"):
        return lambda function: function
    return _register_fake(op, *args, **kwargs)


torch.library.register_fake = _skip_missing

import transformers  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
transformers.logging.set_verbosity_error()

SIZES = [
    (1, 1), (28, 28), (50, 900), (224, 224), (336, 336), (364, 364), (365, 364), (384, 384), (448, 448), (449, 448), (640, 480),
    (480, 640), (512, 512), (800, 600), (1024, 768), (768, 1024), (1024, 1024), (1280, 720), (1111, 777), (1654, 2339), (1920, 1080),
    (2000, 300), (333, 1999), (2048, 1536), (3024, 1000), (100, 100), (20, 1500),
]  # fmt: skip
SECONDS = [0.1, 1, 2.5, 7.77, 12, 29.99, 30, 30.01, 45, 61.3]
VIDEOS = [(640, 480, 8), (1280, 720, 16), (480, 640, 7), (224, 224, 2), (1920, 1080, 32)]


def tokenizer(specials, **named):
    """Special tokens and line breaks are one token each, every other byte one."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    model = Tokenizer(models.BPE(vocab={letter: at for at, letter in enumerate(alphabet)}, merges=[]))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = decoders.ByteLevel()
    model.add_tokens([AddedToken("\n\n", normalized=False), AddedToken("\n", normalized=False)])
    model.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in [*specials, *named.values()]])
    return PreTrainedTokenizerFast(tokenizer_object=model, extra_special_tokens=named, pad_token="<pad>", bos_token=None)


def blank(width, height):
    return Image.new("RGB", (width, height))


def count(processor, text, feature, **inputs):
    ids = processor(text=[text], **inputs)["input_ids"][0]
    ids = list(ids)
    wanted = processor.tokenizer.convert_tokens_to_ids(feature)
    return [len(ids), ids.count(wanted)]


def images_of(processor, text, feature, sizes=SIZES, **more):
    rows = []
    for width, height in sizes:
        try:
            rows.append([width, height, *count(processor, text, feature, images=[blank(width, height)], **more)])
        except Exception as error:  # the processor refuses the size
            if type(error).__name__ in ("AttributeError", "TypeError", "NameError", "KeyError"):
                raise
            rows.append([width, height, None, str(error).splitlines()[0][:80]])
    return rows


def audio_of(processor, text, feature, rate=16000, seconds=SECONDS, **more):
    rows = []
    for each in seconds:
        wave = np.zeros(round(each * rate), dtype=np.float32)
        try:
            rows.append([each, *count(processor, text, feature, audio=[wave], **more)])
        except Exception as error:
            if type(error).__name__ in ("AttributeError", "TypeError", "NameError", "KeyError"):
                raise
            rows.append([each, None, str(error).splitlines()[0][:80]])
    return rows


def videos_of(processor, text, feature, videos=VIDEOS, **more):
    rows = []
    for width, height, frames in videos:
        clip = np.zeros((frames, height, width, 3), dtype=np.uint8)
        try:
            rows.append([width, height, frames, *count(processor, text, feature, videos=[clip], **more)])
        except Exception as error:
            if type(error).__name__ in ("AttributeError", "TypeError", "NameError", "KeyError"):
                raise
            rows.append([width, height, frames, None, str(error).splitlines()[0][:80]])
    return rows


def plain(value):
    """What a file would hold, without what says nothing about sizes."""
    left_out = ("image_mean", "image_std", "resample", "rescale_factor", "mel_filters", "window")
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in left_out and each is not None}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


CASES = []


def case(function):
    CASES.append(function)
    return function


def row(name, config, files, images=None, audio=None, videos=None):
    found = {"name": name, "config": config, "files": plain(files)}
    if images is not None:
        found["images"] = images
    if audio is not None:
        found["audio"] = audio
    if videos is not None:
        found["videos"] = videos
    return found


QWEN = dict(image_token="<|image_pad|>", video_token="<|video_pad|>", vision_start_token="<|vision_start|>", vision_end_token="<|vision_end|>")


@case
def qwen():
    t = transformers
    for name, processor, video, patch, size in [
        ("qwen2_vl", t.Qwen2VLProcessor, t.Qwen2VLVideoProcessor, 14, None),
        ("qwen2_vl", t.Qwen2VLProcessor, t.Qwen2VLVideoProcessor, 14, {"shortest_edge": 3136, "longest_edge": 12845056}),
        ("qwen2_5_vl", t.Qwen2_5_VLProcessor, t.Qwen2VLVideoProcessor, 14, None),
        ("qwen2_5_vl", t.Qwen2_5_VLProcessor, t.Qwen2VLVideoProcessor, 14, {"shortest_edge": 200704, "longest_edge": 501760}),
        ("qwen3_vl", t.Qwen3VLProcessor, t.Qwen3VLVideoProcessor, 16, None),
        ("qwen3_vl", t.Qwen3VLProcessor, t.Qwen3VLVideoProcessor, 16, {"shortest_edge": 65536, "longest_edge": 16777216}),
        ("qwen3_5_moe", t.Qwen3VLProcessor, t.Qwen3VLVideoProcessor, 16, {"shortest_edge": 65536, "longest_edge": 16777216}),
    ]:
        own = {"size": size} if size else {}
        image = t.Qwen2VLImageProcessor(patch_size=patch, **own)
        built = processor(image_processor=image, video_processor=video(patch_size=patch), tokenizer=tokenizer([], **QWEN))
        config = {"model_type": name, "vision_config": {"patch_size": patch, "spatial_merge_size": 2, "temporal_patch_size": 2}}
        files = {"preprocessor": image.to_dict(), "video": built.video_processor.to_dict()} if size else {}
        videos = None
        if name in ("qwen2_vl", "qwen2_5_vl"):
            videos = videos_of(built, "<|video_pad|>", "<|video_pad|>")
        if name in ("qwen3_vl", "qwen3_5_moe"):
            # Time stamps between the frames depend on the tokenizer: only the features are held against this row.
            videos = videos_of(built, "<|vision_start|><|video_pad|><|vision_end|>", "<|video_pad|>", do_sample_frames=False)
        yield row(f"{name}{' as published' if size else ''}", config, files, images_of(built, "<|image_pad|>", "<|image_pad|>"), videos=videos)


@case
def glm():
    t = transformers
    named = dict(image_token="<|image|>", video_token="<|video|>")
    for name, processor, image, video in [
        ("glm4v", t.Glm4vProcessor, t.Glm4vImageProcessor, t.Glm4vVideoProcessor),
        ("glm46v", t.Glm46VProcessor, t.Glm46VImageProcessor, t.Glm46VVideoProcessor),
    ]:
        for size in (None, {"shortest_edge": 12544, "longest_edge": 9633792}):
            own = {"size": size} if size else {}
            made = image(**own)
            built = processor(image_processor=made, video_processor=video(), tokenizer=tokenizer(["<|begin_of_image|>", "<|end_of_image|>"], **named))
            config = {"model_type": name, "vision_config": {"patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2}}
            files = {"preprocessor": made.to_dict()} if size else {}
            yield row(f"{name}{' as published' if size else ''}", config, files, images_of(built, "<|image|>", "<|image|>"))


@case
def llava():
    t = transformers
    for edge, patch, strategy, more in [(336, 14, "default", 1), (224, 16, "full", 1), (384, 14, "full", 0)]:
        image = t.CLIPImageProcessor(size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge})
        built = t.LlavaProcessor(
            image_processor=image, tokenizer=tokenizer([], image_token="<image>"), patch_size=patch,
            vision_feature_select_strategy=strategy, num_additional_image_tokens=more,
        )  # fmt: skip
        kind = "clip_vision_model" if more else "siglip_vision_model"
        config = {"model_type": "llava", "vision_feature_select_strategy": strategy, "vision_config": {"model_type": kind, "image_size": edge, "patch_size": patch}}
        yield row(f"llava {edge}", config, {}, images_of(built, "<image>", "<image>", SIZES[3:8]))
        files = {"preprocessor": image.to_dict(), "processor": {"patch_size": patch, "num_additional_image_tokens": more, "vision_feature_select_strategy": strategy}}
        yield row(f"llava {edge} as published", config, files, images_of(built, "<image>", "<image>", SIZES[3:8]))


@case
def llava_next():
    t = transformers
    for name in ("llava_next", "llava_next_video"):
        image = t.LlavaNextImageProcessor(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336})
        made = dict(image_processor=image, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1)
        built = t.LlavaNextProcessor(tokenizer=tokenizer([], image_token="<image>"), **made)
        config = {
            "model_type": name, "vision_feature_select_strategy": "default", "image_grid_pinpoints": image.image_grid_pinpoints,
            "vision_config": {"model_type": "clip_vision_model", "image_size": 336, "patch_size": 14},
        }  # fmt: skip
        yield row(name, config, {}, images_of(built, "<image>", "<image>"))


@case
def llava_onevision():
    t = transformers
    image = t.LlavaOnevisionImageProcessor()
    for most in ("anyres_max_9", "anyres_max_4"):
        built = t.LlavaOnevisionProcessor(
            image_processor=image, video_processor=t.LlavaOnevisionVideoProcessor(), num_image_tokens=729, vision_feature_select_strategy="full",
            tokenizer=tokenizer([], image_token="<image>", video_token="<video>"), vision_aspect_ratio=most,
        )  # fmt: skip
        config = {
            "model_type": "llava_onevision", "vision_feature_select_strategy": "full", "vision_aspect_ratio": most,
            "image_grid_pinpoints": image.image_grid_pinpoints,
            "vision_config": {"model_type": "siglip_vision_model", "image_size": 384, "patch_size": 14},
        }  # fmt: skip
        videos = videos_of(built, "<video>", "<video>", VIDEOS[:4])
        yield row(f"llava_onevision {most}", config, {}, images_of(built, "<image>", "<image>"), videos=videos)


@case
def gemma():
    t = transformers
    named = dict(image_token="<image_soft_token>", boi_token="<start_of_image>", eoi_token="<end_of_image>")
    config = {"model_type": "gemma3", "mm_tokens_per_image": 256, "vision_config": {"image_size": 896, "patch_size": 14}}
    for scan in (None, True):
        more = dict(do_pan_and_scan=True, pan_and_scan_min_crop_size=256, pan_and_scan_max_num_crops=4, pan_and_scan_min_ratio_to_activate=1.2) if scan else {}
        image = t.Gemma3ImageProcessor(size={"height": 896, "width": 896}, **more)
        built = t.Gemma3Processor(image_processor=image, tokenizer=tokenizer([], **named), image_seq_length=256)
        files = {"preprocessor": image.to_dict(), "processor": {"image_seq_length": 256}} if scan else {}
        # The crops are told apart in words, whose number is the tokenizer's: only the features are held against this row.
        yield row(f"gemma3{' pan and scan' if scan else ''}", config, files, images_of(built, "<start_of_image>", "<image_soft_token>"))
    named |= dict(audio_token="<audio_soft_token>", boa_token="<start_of_audio>", eoa_token="<end_of_audio>")
    built = t.Gemma3nProcessor(t.Gemma3nAudioFeatureExtractor(), t.SiglipImageProcessor(size={"height": 768, "width": 768}), tokenizer([], **named))
    config = {"model_type": "gemma3n", "vision_soft_tokens_per_image": 256, "audio_soft_tokens_per_image": 188, "vision_config": {}, "audio_config": {}}
    images = images_of(built, "<image_soft_token>", "<image_soft_token>", SIZES[3:6])
    yield row("gemma3n", config, {}, images, audio_of(built, "<audio_soft_token>", "<audio_soft_token>"))
    image = t.SiglipImageProcessor(size={"height": 448, "width": 448})
    image.image_seq_length = 1024
    built = t.PaliGemmaProcessor(image, tokenizer([*[f"<loc{at:0>4}>" for at in range(2)]], image_token="<image>"))
    config = {"model_type": "paligemma", "vision_config": {"image_size": 448, "patch_size": 14}}
    rows = [[width, height, 1024, 1024] for width, height in SIZES[3:6]]
    assert built.image_seq_length == 1024
    yield row("paligemma", config, {}, rows)


@case
def gemma4():
    t = transformers
    named = dict(image_token="<|image|>", boi_token="<|image>", eoi_token="<image|>", audio_token="<|audio|>", boa_token="<|audio>", eoa_token="<audio|>")
    for most in (280, 1120, 70):
        image = t.Gemma4ImageProcessor(max_soft_tokens=most)
        built = t.Gemma4Processor(t.Gemma4AudioFeatureExtractor(), image, tokenizer([], **named), t.Gemma4VideoProcessor(), image_seq_length=most)
        config = {"model_type": "gemma4", "vision_soft_tokens_per_image": most, "vision_config": {"patch_size": 16, "pooling_kernel_size": 3}, "audio_config": {}}
        files = {} if most == 280 else {"preprocessor": image.to_dict()}
        audio = audio_of(built, "<|audio|>", "<|audio|>") if most == 280 else None
        yield row(f"gemma4 {most}", config, files, images_of(built, "<|image|>", "<|image|>"), audio)


@case
def llama4():
    t = transformers
    specials = ["<|image|>", "<|image_start|>", "<|image_end|>", "<|patch|>", "<|tile_x_separator|>", "<|tile_y_separator|>"]
    for most, grow in [(16, False), (5, True)]:
        image = t.Llama4ImageProcessor(max_patches=most, resize_to_max_canvas=grow)
        built = t.Llama4Processor(image, tokenizer(specials))
        config = {"model_type": "llama4", "vision_config": {"image_size": 336, "patch_size": 14, "pixel_shuffle_ratio": 0.5}}
        files = {} if most == 16 else {"preprocessor": image.to_dict()}
        yield row(f"llama4 {most}", config, files, images_of(built, "<|image|>", "<|patch|>"))


@case
def mllama():
    t = transformers
    for edge, most in [(560, 4), (448, 6)]:
        image = t.MllamaImageProcessor(size={"height": edge, "width": edge}, max_image_tiles=most)
        rows = []
        for width, height in SIZES:
            tiles = int(image([[blank(width, height)]], return_tensors="pt")["num_tiles"][0][0])
            rows.append([width, height, 1, tiles])
        config = {"model_type": "mllama", "vision_config": {"image_size": edge, "patch_size": 14, "max_num_tiles": most}}
        # In place of features: tiles, each of (edge / patch)² + 1 states of cross-attention.
        yield row(f"mllama {edge}", config, {}, rows)


@case
def pixtral():
    t = transformers
    for name, patch, merge, longest in [("pixtral", 16, 1, 1024), ("mistral3", 14, 2, 1540)]:
        image = t.PixtralImageProcessor(patch_size=patch, size={"longest_edge": longest})
        built = t.PixtralProcessor(image, tokenizer(["[IMG]", "[IMG_BREAK]", "[IMG_END]"]), patch_size=patch, spatial_merge_size=merge)
        config = {"model_type": "llava" if name == "pixtral" else name, "vision_config": {"model_type": "pixtral", "image_size": longest, "patch_size": patch}}
        if merge > 1:
            config["spatial_merge_size"] = merge
        files = {"preprocessor": image.to_dict(), "processor": {"processor_class": "PixtralProcessor", "patch_size": patch, "spatial_merge_size": merge}}
        images = images_of(built, "[IMG]", "[IMG]")
        yield row(name, config, {}, images)
        yield row(f"{name} as published", config, files, images)


@case
def internvl():
    t = transformers
    named = dict(start_image_token="<img>", end_image_token="</img>", context_image_token="<IMG_CONTEXT>", video_token="<video>")
    for least, most in [(1, 12), (2, 6)]:
        image = t.GotOcr2ImageProcessor(size={"height": 448, "width": 448}, min_patches=least, max_patches=most, crop_to_patches=True)
        built = t.InternVLProcessor(image, tokenizer([], **named), t.InternVLVideoProcessor(size={"height": 448, "width": 448}), image_seq_length=256)
        config = {"model_type": "internvl", "downsample_ratio": 0.5, "image_seq_length": 256, "vision_config": {"image_size": [448, 448], "patch_size": [14, 14]}}
        files = {} if most == 12 else {"preprocessor": image.to_dict()}
        yield row(f"internvl {most}", config, files, images_of(built, "<IMG_CONTEXT>", "<IMG_CONTEXT>"))


@case
def idefics():
    t = transformers
    for split in (False, True):
        image = t.Idefics2ImageProcessor(do_image_splitting=split)
        built = t.Idefics2Processor(image, tokenizer([]), image_seq_len=64)
        config = {"model_type": "idefics2", "perceiver_config": {"resampler_n_latents": 64}, "vision_config": {"image_size": 980, "patch_size": 14}}
        files = {"preprocessor": image.to_dict()} if split else {}
        yield row(f"idefics2{' split' if split else ''}", config, files, images_of(built, "<image>", "<image>", SIZES[3:12]))
    tags = [f"<row_{y}_col_{x}>" for y in range(1, 12) for x in range(1, 12)] + ["<global-img>"]
    for edge, longest, patch, factor in [(364, 4 * 364, 14, 2), (384, 4 * 384, 14, 3), (512, 4 * 512, 16, 4)]:
        image = t.Idefics3ImageProcessor(size={"longest_edge": longest}, max_image_size={"longest_edge": edge})
        length = int((edge // patch) ** 2 / factor**2)
        built = t.Idefics3Processor(image, tokenizer(tags), image_seq_len=length)
        config = {"model_type": "idefics3", "scale_factor": factor, "vision_config": {"image_size": edge, "patch_size": patch}}
        images = images_of(built, "<image>", "<image>")
        yield row(f"idefics3 {edge}", config, {}, images)
        files = {"preprocessor": image.to_dict(), "processor": {"image_seq_len": length}}
        yield row(f"idefics3 {edge} as published", config, files, images)
        image = t.SmolVLMImageProcessor(size={"longest_edge": longest}, max_image_size={"longest_edge": edge})
        named = dict(image_token="<image>", fake_image_token="<fake_token_around_image>", global_image_token="<global-img>", video_token="<video>")
        built = t.SmolVLMProcessor(image, tokenizer(tags[:-1], **named), t.SmolVLMVideoProcessor(), image_seq_len=length)
        yield row(f"smolvlm {edge}", {**config, "model_type": "smolvlm"}, {}, images_of(built, "<image>", "<image>"))


@case
def phi4():
    t = transformers
    named = dict(image_token="<|endoftext10|>", audio_token="<|endoftext11|>")
    for hd in (36, 12):
        image = t.Phi4MultimodalImageProcessor(dynamic_hd=hd)
        built = t.Phi4MultimodalProcessor(image, t.Phi4MultimodalFeatureExtractor(), tokenizer([], **named))
        config = {"model_type": "phi4_multimodal", "vision_config": {"crop_size": 448, "patch_size": 14}, "audio_config": {}}
        files = {} if hd == 36 else {"preprocessor": image.to_dict()}
        audio = audio_of(built, "<|endoftext11|>", "<|endoftext11|>", audio_kwargs={"sampling_rate": 16000}) if hd == 36 else None
        yield row(f"phi4_multimodal {hd}", config, files, images_of(built, "<|endoftext10|>", "<|endoftext10|>"), audio)


@case
def aya():
    t = transformers
    specials = ["<|START_OF_IMG|>", "<|END_OF_IMG|>", "<|IMG_PATCH|>", "<image>", "TILE", "TILE_GLOBAL", *[f"TILE_{at}" for at in range(1, 40)]]
    image = t.GotOcr2ImageProcessor(size={"height": 364, "width": 364}, crop_to_patches=True, max_patches=12)
    built = t.AyaVisionProcessor(image, tokenizer(specials), patch_size=28, img_size=364)
    config = {"model_type": "aya_vision", "downsample_factor": 2, "vision_config": {"image_size": 364, "patch_size": 14}}
    yield row("aya_vision", config, {}, images_of(built, "<image>", "<|IMG_PATCH|>"))


@case
def cohere2_vision():
    t = transformers
    named = dict(image_token="<|IMG_PATCH|>", boi_token="<|START_OF_IMG|>", eoi_token="<|END_OF_IMG|>", img_line_break_token="<|IMG_LINE_BREAK|>")
    image = t.Cohere2VisionImageProcessor()
    built = t.Cohere2VisionProcessor(image, tokenizer([], **named))
    config = {"model_type": "cohere2_vision", "downsample_factor": 2, "vision_config": {"image_size": 512, "patch_size": 16}}
    yield row("cohere2_vision", config, {}, images_of(built, "<|IMG_PATCH|>", "<|IMG_PATCH|>"))


@case
def ovis():
    t = transformers
    specials = ["<image>", "<IMG_START>", "<IMG_ATOM>", "<IMG_GRID>", "<IMG_COL>", "<IMG_ROW>", "<IMG_END>"]
    for crop, covering in [(True, True), (True, False), (False, True)]:
        image = t.Ovis2ImageProcessor(size={"height": 448, "width": 448}, crop_to_patches=crop, max_patches=9, use_covering_area_grid=covering)
        built = t.Ovis2Processor(image, tokenizer(specials), image_seq_length=256)
        config = {"model_type": "ovis2", "vision_config": {"image_size": 448, "patch_size": 14, "hidden_stride": 2}}
        yield row(f"ovis2 {crop} {covering}", config, {"preprocessor": image.to_dict()}, images_of(built, "<image>", "<IMG_ATOM>", return_tensors="pt"))


@case
def minicpm():
    t = transformers
    named = dict(
        image_token="<|image_pad|>", video_token="<|video_pad|>", image_start_token="<image>", image_end_token="</image>",
        slice_start_token="<slice>", slice_end_token="</slice>", image_id_start_token="<image_id>", image_id_end_token="</image_id>",
    )  # fmt: skip
    for mode in ("16x", "4x"):
        image = t.MiniCPMV4_6ImageProcessor(downsample_mode=mode)
        built = t.MiniCPMV4_6Processor(image, t.MiniCPMV4_6VideoProcessor(), tokenizer([], **named))
        config = {"model_type": "minicpmv4_6", "vision_config": {"patch_size": 14}}
        files = {} if mode == "16x" else {"preprocessor": image.to_dict()}
        yield row(f"minicpmv4_6 {mode}", config, files, images_of(built, "<|image_pad|>", "<|image_pad|>"))


@case
def kimi():
    t = transformers
    named = dict(image_token="<|media_pad|>", video_token="<|kimi_k25_video_placeholder|>")
    for most in (16384, 1024):
        image = t.Kimi_K25ImageProcessor(max_patches=most)
        built = t.Kimi_K25Processor(image, tokenizer([], **named), t.Kimi_K25VideoProcessor())
        config = {"model_type": "kimi_k25", "vision_config": {"patch_size": 14, "merge_kernel_size": [2, 2]}}
        files = {} if most == 16384 else {"preprocessor": image.to_dict()}
        yield row(f"kimi_k25 {most}", config, files, images_of(built, "<|media_pad|>", "<|media_pad|>"))


@case
def lfm2():
    t = transformers
    named = dict(image_token="<image>", image_start_token="<|image_start|>", image_end_token="<|image_end|>", image_thumbnail="<|img_thumbnail|>")
    tags = [f"<|img_row_{y}_col_{x}|>" for y in range(1, 12) for x in range(1, 12)]
    built = t.Lfm2VlProcessor(t.Lfm2VlImageProcessor(), tokenizer(tags, **named))
    config = {"model_type": "lfm2_vl", "downsample_factor": 2, "vision_config": {"patch_size": 16}}
    yield row("lfm2_vl", config, {}, images_of(built, "<image>", "<image>"))


@case
def audio():
    t = transformers
    built = t.Qwen2AudioProcessor(t.WhisperFeatureExtractor(feature_size=128), tokenizer([], audio_token="<|AUDIO|>", audio_bos_token="<|audio_bos|>", audio_eos_token="<|audio_eos|>"))
    yield row("qwen2_audio", {"model_type": "qwen2_audio", "audio_config": {"max_source_positions": 1500}}, {}, audio=audio_of(built, "<|AUDIO|>", "<|AUDIO|>"))
    named = dict(
        image_token="<|IMAGE|>", audio_token="<|AUDIO|>", video_token="<|VIDEO|>", vision_bos_token="<|vision_bos|>", vision_eos_token="<|vision_eos|>",
        audio_bos_token="<|audio_bos|>", audio_eos_token="<|audio_eos|>",
    )  # fmt: skip
    built = t.Qwen2_5OmniProcessor(t.Qwen2VLImageProcessor(), t.Qwen2VLVideoProcessor(), t.WhisperFeatureExtractor(feature_size=128), tokenizer([], **named))
    thinker = {"vision_config": {"patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2}, "audio_config": {}}
    yield row(
        "qwen2_5_omni", {"model_type": "qwen2_5_omni", "thinker_config": thinker}, {},
        images_of(built, "<|IMAGE|>", "<|IMAGE|>"), audio_of(built, "<|AUDIO|>", "<|AUDIO|>"),
    )  # fmt: skip
    built = t.Qwen3OmniMoeProcessor(t.Qwen2VLImageProcessor(patch_size=16), t.Qwen2VLVideoProcessor(patch_size=16), t.WhisperFeatureExtractor(feature_size=128), tokenizer([], **named))
    thinker = {"vision_config": {"patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}, "audio_config": {"n_window": 50}}
    yield row(
        "qwen3_omni_moe", {"model_type": "qwen3_omni_moe", "thinker_config": thinker}, {},
        images_of(built, "<|IMAGE|>", "<|IMAGE|>"), audio_of(built, "<|AUDIO|>", "<|AUDIO|>"),
    )  # fmt: skip
    # Its feature extractor needs torchaudio; how many features there are does not.
    extractor = SimpleNamespace(projector_window_size=15, projector_downsample_rate=5, melspec_kwargs={"hop_length": 160})
    lengths = [round(each * 16000) for each in SECONDS]
    sizes = t.GraniteSpeechFeatureExtractor._get_num_audio_features(extractor, lengths)
    config = {"model_type": "granite_speech", "window_size": 15, "downsample_rate": 5, "audio_config": {}, "encoder_config": {}}
    yield row("granite_speech", config, {}, audio=[[each, int(size), int(size)] for each, size in zip(SECONDS, sizes)])
    for name, processor in [("audioflamingo3", t.AudioFlamingo3Processor)]:
        built = processor(t.WhisperFeatureExtractor(feature_size=128), tokenizer([], audio_token="<sound>", audio_bos_token="<|sound_bos|>", audio_eos_token="<|sound_eos|>"))
        yield row(name, {"model_type": name, "audio_config": {}}, {}, audio=audio_of(built, "<sound>", "<sound>"))
    # What Voxtral's processor does with the waves; mistral-common (tokens/tokenizers/audio.py) writes a token that begins the audio and
    # one placeholder for four of the encoder's frames.
    rows = []
    for each in SECONDS:
        extractor = t.WhisperFeatureExtractor(feature_size=128)
        wave = np.zeros(round(each * 16000), dtype=np.float32)
        frames = extractor(wave, sampling_rate=16000, padding=True, truncation=False, pad_to_multiple_of=480000, return_attention_mask=False)
        features = np.asarray(frames["input_features"]).shape[-1] // 8
        rows.append([each, features + 1, features])
    config = {"model_type": "voxtral", "audio_config": {"hidden_size": 1280, "intermediate_size": 5120}}
    yield row("voxtral", config, {}, audio=rows)


def main():
    found = []
    wanted = sys.argv[1:]
    for function in CASES:
        if wanted and function.__name__ not in wanted:
            continue
        try:
            found.extend(function())
        except Exception:
            import traceback

            traceback.print_exc()
            print(f"{function.__name__}: not run", file=sys.stderr)
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in found)
    print(f'{{"source":"transformers {transformers.__version__}","cases":[\n{lines}\n]}}')


main()
