const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Flags of `vllm serve` that change no byte of the memory on the device, 0.10 to 0.33 (vllm/engine/arg_utils.py and
 * vllm/entrypoints/openai/cli_args.py of the source distributions): switches first, then those that take a value.
 */
export const idleSwitches = words(`
  aggregate-engine-logging allow-credentials allow-deprecated-quantization async-scheduling calculate-kv-scales cohere-is-reasoning-model
  cudagraph-metrics data-parallel-external-lb data-parallel-hybrid-lb data-parallel-multi-port-external-lb dcp-q-replicate
  disable-async-output-proc disable-cascade-attn disable-chunked-mm-input disable-custom-all-reduce disable-fastapi-docs
  disable-frontend-multiprocessing disable-log-requests disable-log-stats disable-mm-preprocessor-cache
  disable-nccl-for-dp-synchronization disable-uvicorn-access-log enable-auto-tool-choice enable-batch-sharded-sampling
  enable-bf16x3-router-gemm enable-cumem-allocator enable-dbo enable-elastic-ep enable-ep-weight-filter enable-eplb enable-fault-tolerance
  enable-flash-late-interaction enable-flashinfer-autotune enable-force-include-usage enable-hc-sp enable-layerwise-nvtx-tracing
  enable-log-deltas enable-log-outputs enable-log-requests enable-logging-iteration-details enable-lora-bias
  enable-mamba-cache-stochastic-rounding enable-mamba-shared-prefix-checkpoint enable-mfu-metrics enable-mixed-moe-lora-format
  enable-mm-embeds enable-moe-shared-loras enable-nccl-comm-suspend enable-offline-docs enable-per-request-metrics enable-prompt-adapter
  enable-prompt-embeds enable-prompt-tokens-details enable-request-id-headers enable-return-routed-experts enable-scale-out
  enable-server-load-tracking enable-shm-tensor-arena enable-sleep-mode enable-ssl-refresh enable-tokenizer-info-endpoint
  enable-tower-connector-lora enable-trace-replay eplb-log-balancedness exclude-tools-when-tool-choice-none fail-on-environ-validation
  grpc guided-decoding-disable-additional-properties guided-decoding-disable-any-whitespace guided-decoding-disable-fallback headless help
  interleave-mm-strings jit-monitor-verbose kv-cache-metrics kv-sharing-fast-prefill log-error-stack long-prefill-token-threshold-adaptive
  mm-device-do-normalize monokernel multi-step-stream-outputs numa-bind ray-workers-use-nsight return-sampling-mask
  return-tokens-as-token-ids scheduler-reserve-full-isl skip-tokenizer-init sleep-mode-offload-cudagraph specialize-active-lora
  swa-bounded-replay tokens-only trust-remote-code trust-request-chat-template trust-request-mm-kwargs use-fp64-gumbel
  use-gpu-for-pooling-score use-replayssm use-tqdm-on-load
`);

export const idleValues = words(`
  additional-config all2all-backend allowed-headers allowed-local-media-path allowed-media-domains allowed-methods allowed-origins
  anthropic-disabled-thinking-effort api-key api-server-count attention-backend attention-config aux-output-config chat-template
  chat-template-content-format code-revision cohere-format collect-detailed-traces config config-format convert
  cp-kv-cache-interleave-size cpu-distributed-timeout-seconds cpu-offload-params custom-histogram-buckets data-parallel-address
  data-parallel-backend data-parallel-rank data-parallel-rpc-port data-parallel-size-local data-parallel-start-rank
  data-parallel-supervisor-port dbo-decode-token-threshold dbo-prefill-token-threshold dcp-comm-backend dcp-kv-cache-interleave-size
  default-chat-template-kwargs default-mm-loras device-ids diffusion-config disable-access-log-for-endpoints distributed-executor-backend
  distributed-timeout-seconds download-dir dp-supervisor-probe-failure-threshold dp-supervisor-probe-interval-s
  dp-supervisor-probe-timeout-s dp-sync-interval ec-manager-config ec-transfer-config elastic-ep-max-dp-size engram-config eplb-config
  eplb-step-interval eplb-window-size expert-placement-strategy fault-tolerance-config fingerprint-mode fingerprint-value
  gdn-prefill-backend generation-config grpc-port guided-decoding-backend h11-max-header-count h11-max-incomplete-event-size
  hf-config-path hf-token host ignore-patterns io-processor-plugin ir-op-priority jit-monitor-mode kda-decode-backend kda-prefill-backend
  kernel-config kv-cache-metrics-sample kv-events-config kv-offloading-backend kv-transfer-config linear-backend
  load-format log-config-file log-level logging-config logits-processor-pattern logits-processors logprobs-mode
  long-prefill-token-threshold lora-modules lora-target-modules mamba-backend mamba-cache-philox-rounds mamba-ssu-algorithm master-addr
  master-port max-log-len max-logprobs max-long-partial-prefills max-lora-cls-labels max-num-active-seqs
  max-num-partial-prefills max-num-queued-reqs max-num-queued-tokens max-num-scheduled-tokens max-parallel-loading-workers
  max-seq-len-to-capture media-io-kwargs middleware mm-encoder-attn-backend mm-encoder-attn-dtype mm-encoder-fp8-scale-path
  mm-encoder-fp8-scale-save-margin mm-encoder-fp8-scale-save-path mm-hasher-algorithm mm-ipc-gpu-memory-gb mm-processor-cache-gb
  mm-processor-cache-type mm-processor-device mm-processor-kwargs mm-shm-cache-max-object-size-mb mm-tensor-ipc model
  model-class-overrides model-impl model-loader-extra-config moe-backend nnodes node-rank num-lookahead-slots num-redundant-experts
  num-scheduler-steps numa-bind-cpus numa-bind-nodes offload-backend offload-group-size offload-num-in-group offload-params
  offload-prefetch-step optimization-level otlp-traces-endpoint override-attention-dtype override-generation-config override-neuron-config
  override-pooler-config per-request-spec-decode-metrics performance-mode pooler-config port preemption-mode prefill-schedule-interval
  prefix-cache-retention-interval prefix-caching-hash-algo prefix-match-unit profiler-config pt-load-map-location quantization-config
  reasoning-config reasoning-effort-map reasoning-parser reasoning-parser-plugin renderer-num-workers replayssm-buffer-len response-role
  revision root-path safetensors-load-strategy safetensors-prefetch-block-size safetensors-prefetch-num-threads
  scheduler-cls scheduler-delay-factor scheduling-policy seed served-model-name show-hidden-metrics-for-version shutdown-timeout
  sleep-mode-backend sleep-preserve-parameter-names sparse-indexer-topk-backend sse-keep-alive-interval ssl-ca-certs ssl-cert-reqs
  ssl-certfile ssl-ciphers ssl-keyfile stream-interval structured-outputs-config tokenizer tokenizer-mode tokenizer-revision
  tool-call-parser tool-parser-plugin tool-server tool-strict-level ubatch-size uds uvicorn-log-level video-pruning-method
  video-pruning-rate watchdog-config watermark watermark-config weight-transfer-config worker-cls worker-extension-cls
`);
