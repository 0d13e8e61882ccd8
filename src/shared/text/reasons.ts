import type { FitReason } from '../../engine/index';
import type { Translate } from './translate';

type Say = (t: Translate) => string;

/** Reasons of a fit: what it takes for granted beside the model's own figures. */
const fitSentences: Readonly<Record<FitReason, Say>> = {
  'allowance-approximate': (t) => t('The runtime allowance is an estimate from published logs; the rest follows from the config.'),
  'usable-approximate': (t) => t('Usable memory is estimated as a share of what the maker states.'),
  'usable-measured-here': (t) => t('Usable memory was measured here: a start-up log of this device printed it.'),
  'usable-unknown': (t) => t('The memory of this device is not known.'),
  'weights-split-evenly': (t) => t('Weights are taken to divide evenly over the devices.'),
  'cache-split-assumed': (t) => t('The cache is taken to divide evenly over the devices.'),
  'cache-heads-repeated': (t) => t('Key/value heads do not divide evenly over the devices, so that some device holds more.'),
  'cache-replicated': (t) => t('Latent attention keeps the whole cache on every device (tensor parallelism).'),
  'split-over-parts': (t) => t('The card consists of several devices, over which weights and cache are spread.'),
  'dtype-not-native': (t) => t('This device has no hardware arithmetic for this format: it is converted or emulated.'),
  'dtype-support-unknown': (t) => t('Whether this device computes this format in hardware is not known.'),
  'within-band': (t) => t('So close that the runtime and usable memory decide.'),
  'limited-by-model': (t) => t("Memory would hold more; the model's own limit ends it."),
  'context-unbounded': (t) => t('Memory bounds no context.'),
  'batch-unbounded': (t) => t('Memory bounds no number of sequences.'),
};

/** Reasons of a basis, by the engine's code: in few words for a line of figures, and as a sentence. */
const basisReasons: Readonly<Record<string, { readonly short: Say; readonly sentence: Say }>> = {
  'unknown-model-type': {
    short: (t) => t('model type not known'),
    sentence: (t) => t('The model type is not known; its size is estimated from the shape of its config.'),
  },
  'host-reads-estimated': {
    short: (t) => t('reads from host memory estimated'),
    sentence: (t) =>
      t('Every weight in host memory is taken to be read once a step, experts as far as a token uses them; links by their specification.'),
  },
  'cache-by-pages': {
    short: (t) => t('in the pages of the engine'),
    sentence: (t) => t('Whole pages are counted as the engine takes them; heads that it keeps on several devices count once.'),
  },
  'processor-defaults': {
    short: (t) => t("the processor's defaults"),
    sentence: (t) =>
      t("No file of the processor lies beside the config; its class's own values are taken, which published files may override."),
  },
  'processor-not-run': {
    short: (t) => t("by the processor's code"),
    sentence: (t) => t('The rule was read in the code of the processor, which is not part of transformers and was not run.'),
  },
  'words-left-out': {
    short: (t) => t('without its words'),
    sentence: (t) =>
      t('The processor writes words between the parts, such as time stamps, which the tokenizer counts and this figure does not.'),
  },
  'ggml-graph': {
    short: (t) => t("by ggml's allocator"),
    sentence: (t) => t("The graph of a full batch was laid out by the rules of ggml's scheduler and allocator."),
  },
  'ggml-graph-usual': {
    short: (t) => t('usual blocks assumed'),
    sentence: (t) => t("llama.cpp's own graph of this architecture was not followed; a block is taken to do what its tensors are for."),
  },
  'ggml-graph-reordered': {
    short: (t) => t('graph reordered'),
    sentence: (t) =>
      t('The backend reorders the graph before memory is laid out, which is not followed; the band covers what that was seen to add.'),
  },
  'engine-repacks-weights': {
    short: (t) => t('repacked by the engine'),
    sentence: (t) => t('The engine repacks weights of this format while loading, in ways that were not read to the byte.'),
  },
  'tower-pass-not-derived': {
    short: (t) => t('pass of the tower not derived'),
    sentence: (t) => t('The pass of the image or sound tower at start-up is not derived; only its outputs are counted.'),
  },
  'forward-pass-not-measured': {
    short: (t) => t('few measured rows'),
    sentence: (t) => t('The forward pass decides here; its rule follows the code, and few measured rows stand behind it.'),
  },
  'outside-of-measured-versions': {
    short: (t) => t('outside of the measured runs'),
    sentence: (t) => t('No measured run of this version, device or number of ranks stands behind the figure; the band is wide.'),
  },
  'fitted-on-logs': {
    short: (t) => t('from start-up logs'),
    sentence: (t) => t('The figure follows start-up logs of other runs, since no code gives it.'),
  },
  'measured-here': {
    short: (t) => t('measured here'),
    sentence: (t) => t('This machine printed the figure itself, in a start-up log that its profile was made from.'),
  },
  'rule-of-code-unmeasured': {
    short: (t) => t('by its code, no run measured'),
    sentence: (t) => t("The rule was read in the engine's own code; no published run was found to hold it against, and the band is wide."),
  },
  'command-buffers-in-flight': {
    short: (t) => t('by buffers under way'),
    sentence: (t) =>
      t('How much Metal has under way is reckoned from the size and number of its command buffers, which eleven published peaks bear out.'),
  },
  'unknown-part': {
    short: (t) => t('a part of unknown type'),
    sentence: (t) => t('A part of the model is of a type that is not known and was estimated or left out.'),
  },
  'part-not-counted': {
    short: (t) => t('a part is not counted'),
    sentence: (t) => t('A part of the model is not counted, because its config does not state its size.'),
  },
  'llava-own-layout': {
    short: (t) => t("the authors' own layout"),
    sentence: (t) =>
      t("The file has the layout of LLaVA's authors; the vision tower that it names is taken to be CLIP ViT-L/14 at 336 px."),
  },
  'class-unknown': {
    short: (t) => t('class not known'),
    sentence: (t) => t('The class is not known for this model type; another head was counted in its place.'),
  },
  'invalid-values-replaced': {
    short: (t) => t('impossible values replaced'),
    sentence: (t) => t('Values that cannot be right were replaced by defaults.'),
  },
  'dtype-assumed': {
    short: (t) => t('dtype assumed'),
    sentence: (t) => t('The file names no dtype that is known; what is not quantized is counted at 16 bits (BF16).'),
  },
  'kept-at-16-bits': {
    short: (t) => t('what stays is counted at 16 bits'),
    sentence: (t) => t('The file names no dtype; what the scheme leaves alone is counted at 16 bits.'),
  },
  'quantization-incomplete': {
    short: (t) => t('quantization values assumed'),
    sentence: (t) => t('The quantization config leaves values out that decide bytes; they are assumed.'),
  },
  'type-by-class': {
    short: (t) => t('counted by its class'),
    sentence: (t) => t('The model type is not known; it is counted like the type whose class the file names.'),
  },
  'usual-program': {
    short: (t) => t('as a usual decoder runs'),
    sentence: (t) => t('How this type runs is not known; it is followed as a usual decoder.'),
  },
  'near-program': {
    short: (t) => t('as its nearest kin runs'),
    sentence: (t) => t('This type was not followed step by step; it is taken to run as its nearest kin does.'),
  },
  'torch-recurrence': {
    short: (t) => t('recurrence as PyTorch runs it'),
    sentence: (t) =>
      t(
        'State spaces and linear attention are followed as transformers writes them in PyTorch; the kernels of mamba-ssm, causal-conv1d and flash-linear-attention hold less, since they keep no temporary of a chunk.',
      ),
  },
  'zero-buckets-left-out': {
    short: (t) => t('without buckets of ZeRO'),
    sentence: (t) => t("Spread by DeepSpeed's stages; its buckets for communication and prefetching are not counted."),
  },
  'cut-among-ranks': {
    short: (t) => t('matrices cut among ranks'),
    sentence: (t) =>
      t(
        'Tensor parallel as Megatron-LM and the plans of transformers cut: matrices by columns, then by rows, and the vocabulary; sums over ranks are made beside what is summed.',
      ),
  },
  'sequence-parallel': {
    short: (t) => t('tokens cut between matrices'),
    sentence: (t) =>
      t(
        'Sequence parallel as Megatron-LM does it: a rank keeps its own tokens of norms, dropouts and inputs, and gathers those of all again on the way back.',
      ),
  },
  'context-gathered': {
    short: (t) => t('keys and values gathered'),
    sentence: (t) =>
      t('Context parallel as PyTorch does it: each rank gathers the keys and values of all, and sums outputs and gradients at 32 bits.'),
  },
  'context-by-heads': {
    short: (t) => t('heads exchanged for tokens'),
    sentence: (t) => t('Context parallel as DeepSpeed-Ulysses does it: for attention, ranks exchange heads for tokens.'),
  },
  'pipeline-1f1b': {
    short: (t) => t('stages take turns (1F1B)'),
    sentence: (t) =>
      t(
        'Pipeline as Megatron-LM schedules it: one batch forward, one back; a stage keeps what as many batches left as are under way in it.',
      ),
  },
  'experts-fair': {
    short: (t) => t('experts with as many tokens each'),
    sentence: (t) =>
      t(
        'Routed experts stand whole on their ranks, and each rank is sent as many tokens as it sends; a router that is not fair needs more.',
      ),
  },
  'dtype-of-format': {
    short: (t) => t('dtype of the format'),
    sentence: (t) => t('The file names no dtype; files of this format hold as BF16 what is not quantized.'),
  },
  'inexact-total': { short: (t) => t('beyond 2^53'), sentence: (t) => t('The totals are beyond 2^53 and no longer exact.') },
  'yarn-length': {
    short: (t) => t('original context × factor'),
    sentence: (t) => t('YaRN: the original context times the factor; the file states another limit.'),
  },
  'next-token-layer-like-last': {
    short: (t) => t('counted like the last layer'),
    sentence: (t) => t('A prediction layer is taken to be like the last layer, with a projection and three norms of its own.'),
  },
  'quantization-unknown': {
    short: (t) => t('quantization method not known'),
    sentence: (t) => t('The quantization method is not known: linear layers are counted at the bits that the config states.'),
  },
  'quantization-skipped': {
    short: (t) => t('quantization block without effect'),
    sentence: (t) =>
      t('The quantization config switches no width on, so that weights are counted as transformers loads them: as they are.'),
  },
  'quantization-pattern': {
    short: (t) => t('a quantization rule left out'),
    sentence: (t) => t('A rule of the quantization config could not be applied.'),
  },
  'modules-not-found': {
    short: (t) => t('named modules not found'),
    sentence: (t) => t('The quantization config names no module of this model, so that what is quantized is assumed.'),
  },
  'unloaded-layers': {
    short: (t) => t('layers beside the model, as published'),
    sentence: (t) =>
      t('Layers that predict further tokens are counted as publishers store them; files that transformers has saved again lack them.'),
  },
  'tied-head-once': {
    short: (t) => t('the tied head counted once'),
    sentence: (t) => t('The head is the embedding and counts once, as transformers saves it; some publishers store it a second time.'),
  },
  'buffers-of-older-writers': {
    short: (t) => t('without tables of older writers'),
    sentence: (t) =>
      t(
        'Files saved by transformers of that time also hold tables that later releases compute: rotary frequencies or causal masks, not counted here.',
      ),
  },
  'width-kept': {
    short: (t) => t('some layers not quantized'),
    sentence: (t) => t('Layers whose width the scheme cannot take stay as they are; a real writer may refuse them.'),
  },
  'group-splits-row': {
    short: (t) => t('groups cut short'),
    sentence: (t) =>
      t(
        'The group does not divide every row: what is left over is counted as a short group, where the writers of the format refuse the layer or skip it.',
      ),
  },
  'layers-by-writer': {
    short: (t) => t('layers by version of transformers'),
    sentence: (t) =>
      t(
        'transformers 5 leaves experts, which it holds in one parameter, and under bitsandbytes and HQQ layers of classes of their own (Falcon), at 16 bits; version 4, and Unsloth with bitsandbytes, saved them quantized: the lower end of the range.',
      ),
  },
  'towers-by-mlx-vlm': {
    short: (t) => t('towers kept, as mlx-vlm does'),
    sentence: (t) =>
      t('mlx-vlm keeps vision and audio towers at the type of the checkpoint; mlx-lm, where it takes the model, drops them.'),
  },
  'no-experts': {
    short: (t) => t('all linear layers, for want of experts'),
    sentence: (t) => t('The scheme is published for experts; here all linear layers take it.'),
  },
  'keep-list-edited': {
    short: (t) => t('with a changed keep list'),
    sentence: (t) => t('What stays at the type of the checkpoint was changed by hand: what the writer would store if it were told so.'),
  },
  'static-activations': {
    short: (t) => t('with scales of activations'),
    sentence: (t) => t('With scales of the activations measured beforehand, one per layer.'),
  },
  'scale-dtype-by-publisher': {
    short: (t) => t('type of the scales by publisher'),
    sentence: (t) => t('The config does not say how scales are stored: FP32 or BF16, as the publishers of this model type do.'),
  },
  'gptq-zero-bias': {
    short: (t) => t('with the zero biases of AutoGPTQ'),
    sentence: (t) =>
      t('Nothing says which program wrote the file: counted as AutoGPTQ up to 0.7.1, which stores a zero bias for every layer.'),
  },
  'awq-packing': {
    short: (t) => t('packing of another AWQ version'),
    sentence: (t) => t('AWQ in another packing than GEMM: its zero points are padded by rule.'),
  },
  'autoround-packing': {
    short: (t) => t('packed like GPTQ'),
    sentence: (t) => t('AutoRound writes the packing of other methods; it is counted as that of GPTQ.'),
  },
  'packing-before-2026': {
    short: (t) => t('packing of writers before May 2026'),
    sentence: (t) => t('Widths that do not divide 32 bits are packed as compressed-tensors did until May 2026.'),
  },
  'hqq-by-version': {
    short: (t) => t('layout by version of transformers'),
    sentence: (t) =>
      t(
        "transformers up to version 4 stores the scales of HQQ, and linear layers that it leaves alone, at 32 bits; HQQ's own save function, which writes the same block, keeps the type of the model.",
      ),
  },
  'svd-rank': {
    short: (t) => t('rank of the factors assumed'),
    sentence: (t) => t('The block does not tell the rank of the factors that SVDQuant stores beside each layer: 32, as usual, is counted.'),
  },
  'modelopt-layout': {
    short: (t) => t('layout by the code of ModelOpt'),
    sentence: (t) => t('The layout is that of the export code of ModelOpt.'),
  },
  'writer-retired': {
    short: (t) => t('no longer written'),
    sentence: (t) => t('Files of this layout exist, but the current version of the program that wrote them no longer does.'),
  },
  'weights-of-graph': {
    short: (t) => t('weights of the graph'),
    sentence: (t) => t('Only the weights of the exported graph are counted: its other constants, and a tied head held twice, are not.'),
  },
  'factors-folded': {
    short: (t) => t('smoothing factors by rule'),
    sentence: (t) =>
      t('Factors per column are folded into the norm before where several layers read it; which do follows from the names of the layers.'),
  },
  'recipe-refused': {
    short: (t) => t('recipe not for this model'),
    sentence: (t) => t('The program refuses this recipe for models without a down_proj; the head aside, the lower width is counted.'),
  },
  'layout-by-source': {
    short: (t) => t("layout by the writer's code"),
    sentence: (t) => t("The layout was read in the writer's code; no published file has borne it out here."),
  },
  'quip-fused-layers': {
    short: (t) => t('some layers stored as one'),
    sentence: (t) => t("Query, key and value are stored as one layer, and so are up and gate, as in the writer's own Llama."),
  },
  'outliers-by-data': {
    short: (t) => t('outliers depend on the data'),
    sentence: (t) => t('How many weights are kept apart as outliers depends on the data: 1 % is assumed, none to 3 % give the range.'),
  },
  'bits-by-measurement': {
    short: (t) => t('widths chosen by measurement'),
    sentence: (t) =>
      t('The widths of each layer are chosen by measurement, so that all together come to the target: each is counted at the average.'),
  },
  'bits-by-priority': {
    short: (t) => t('widths mixed up to the target'),
    sentence: (t) => t('Layers have whole widths, mixed so that all together come to the target: each is counted at the average.'),
  },
  'gguf-mix': {
    short: (t) => t("by llama.cpp's rules"),
    sentence: (t) =>
      t(
        "Which tensor takes which type follows llama.cpp's rules, which changed over time; the file's header comes on top, and an importance matrix changes some types.",
      ),
  },
  'gguf-converted': {
    short: (t) => t('not made by llama-quantize'),
    sentence: (t) =>
      t(
        'llama-quantize does not write this type of file: such files are converted from checkpoints that hold it, whose writer chose the tensors.',
      ),
  },
  'gguf-refused': {
    short: (t) => t('llama-quantize refuses'),
    sentence: (t) => t('llama-quantize stops at this model: no block of the type fits some rows, and no other type is defined for them.'),
  },
  'gguf-before-type': {
    short: (t) => t('before this type of file'),
    sentence: (t) =>
      t('The llama.cpp of that day did not write this type of file yet: the bytes are those of later files by the rules of that day.'),
  },
  'gguf-projector': {
    short: (t) => t('with the second file'),
    sentence: (t) =>
      t('Vision and audio towers stand in a second file (mmproj) at 16 bits, counted here; the first is smaller by as much.'),
  },
  'gguf-further-layers': {
    short: (t) => t('with the layers for further tokens'),
    sentence: (t) =>
      t("Layers that predict further tokens are in the file, as llama.cpp's converter writes them now; older files lack some."),
  },
  'gguf-names': {
    short: (t) => t('converter not known'),
    sentence: (t) => t("llama.cpp's converter is not known to take this model; its names and types are those of models like it."),
  },
  'publisher-recipe': {
    short: (t) => t("a publisher's own recipe"),
    sentence: (t) => t('The publisher chooses types tensor by tensor: the size lies in the range, near a common mix.'),
  },
  'gguf-header': {
    short: (t) => t('header estimated'),
    sentence: (t) => t('The header holds the tokenizer: it is estimated from the number of its words.'),
  },
  'exllama-layers': {
    short: (t) => t('which layers, by rule'),
    sentence: (t) =>
      t('Which layers ExLlama quantizes follows the rule of Llama-like models: all linear layers of the stack, and the head.'),
  },
};

const say = (reason: string, form: 'short' | 'sentence'): Say | undefined => {
  if (Object.hasOwn(basisReasons, reason)) return basisReasons[reason]?.[form];
  return Object.hasOwn(fitSentences, reason) ? fitSentences[reason as FitReason] : undefined;
};

/** A reason as a sentence; a code without one is shown as it is, so that nothing is hidden. */
export const reasonText = (reason: string, t: Translate): string => say(reason, 'sentence')?.(t) ?? reason;

/** The same in few words. */
export const shortReason = (reason: string, t: Translate): string => (say(reason, 'short')?.(t) ?? reason).replace(/[.。]$/, '');
