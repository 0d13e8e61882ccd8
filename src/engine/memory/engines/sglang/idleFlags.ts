const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Flags of `sglang.launch_server` that no figure follows, 0.4.3 to 0.5.15 (python/sglang/srt/server_args.py): switches first,
 * then those that take a value.
 */
export const idleSwitches = words(`
  abort-on-priority-when-disabled allow-auto-truncate checkpoint-engine-wait-weights-before-ready collect-tokens-histogram
  constrained-json-disable-any-whitespace debug-cuda-graph debug-tensor-dump-prefill-only delete-ckpt-after-loading disable-attn-tp-gather
  disable-chunked-prefix-cache disable-cuda-graph-padding disable-custom-all-reduce disable-decode-cuda-graph disable-fast-image-processor
  disable-flashinfer-autotune disable-flashinfer-cutlass-moe-fp4-allgather disable-mla disable-outlines-disk-cache
  disable-overlap-schedule disable-prefill-cuda-graph disable-priority-preemption disable-shared-experts-fusion
  disable-tokenizer-batch-decode disaggregation-decode-enable-offload-kvcache disaggregation-decode-enable-radix-cache elastic-ep-rejoin
  enable-adaptive-dispatch-to-encoder enable-aiter-allreduce-fusion enable-attn-tp-input-scattered enable-broadcast-mm-inputs-process
  enable-cache-report enable-cudagraph-gc enable-custom-logit-processor enable-deepep-moe enable-deepep-waterfill
  enable-deepseek-v4-fp4-indexer enable-deterministic-inference enable-double-sparsity enable-dp-attention-local-control-broadcast
  enable-draft-weights-cpu-backup enable-dynamic-batch-tokenizer enable-dynamic-chunking enable-elastic-expert-backup
  enable-eplb enable-expert-distribution-metrics enable-flashinfer-allreduce-fusion enable-flashinfer-autotune
  enable-flashinfer-cutlass-moe enable-flashinfer-mla enable-flashinfer-mxfp4-moe enable-flashinfer-trtllm-moe enable-forward-pass-metrics
  enable-fp32-lm-head enable-fused-moe-sum-all-reduce enable-fused-qk-norm-rope enable-hierarchical-cache enable-hisparse enable-http2
  enable-int8-mamba-checkpoint enable-layerwise-nvtx-marker enable-linear-replayssm enable-lmcache enable-lora-overlap-loading
  enable-mamba-cache-stochastic-rounding enable-memory-saver enable-metrics enable-metrics-for-all-schedulers enable-mfu-metrics
  enable-mis enable-mixed-chunk enable-mm-global-cache enable-mscclpp enable-multi-layer-eagle enable-multimodal enable-nan-detection
  enable-nccl-nvls enable-nsa-prefill-context-parallel enable-p2p-check enable-page-major-kv-layout enable-pdmux
  enable-precise-embedding-interpolation enable-prefill-delayer enable-prefix-mm-cache enable-priority-scheduling
  enable-profile-cuda-graph enable-quant-communications enable-request-time-stats-logging enable-return-hidden-states
  enable-return-indexer-topk enable-return-routed-experts enable-session-radix-cache enable-single-batch-overlap enable-ssl-refresh
  enable-streaming-session enable-strict-thinking enable-symm-mem enable-tf32-matmul enable-tokenizer-batch-encode enable-torch-compile
  enable-torch-compile-debug-mode enable-torch-symm-mem enable-trace enable-triton-kernel-moe enable-two-batch-overlap
  enable-unified-memory enable-weights-cpu-backup encoder-only enforce-disable-flashinfer-allreduce-fusion enforce-shared-experts-fusion
  experts-shared-outer-loras export-metrics-to-file flashinfer-mla-disable-ragged grpc-mode keep-mm-feature-on-device language-only
  log-requests lora-strict-loading lora-use-virtual-experts mm-enable-dp-encoder pre-warm-nccl prefill-only-disable-kv-cache
  prefill-round-robin-balance quantize-and-serve remote-instance-weight-loader-start-seed-via-transfer-engine
  schedule-low-priority-values-first show-time-cost skip-server-warmup skip-tokenizer-init sleep-on-idle speculative-adaptive
  speculative-skip-dp-mlp-sync speculative-use-rejection-sampling stream-output stream-response-default-include-usage strip-thinking-cache
  triton-attention-reduce-in-fp32 trust-remote-code use-ray uses-mamba-radix-cache weight-loader-disable-mmap
  weight-loader-drop-cache-after-load weight-loader-prefetch-checkpoints
`);

export const idleValues = words(`
  admin-api-key api-key asr-max-buffer-seconds asr-max-concurrent-sessions attention-backend attn-cp-size base-gpu-id batch-notify-size
  bf16-gemm-backend bucket-e2e-request-latency bucket-inter-token-latency bucket-time-to-first-token chat-template completion-template
  config constrained-json-whitespace-pattern cp-strategy crash-dump-folder cuda-graph-backend-decode cuda-graph-backend-prefill
  cuda-graph-bs-decode cuda-graph-bs-prefill cuda-graph-config cuda-graph-max-bs-decode cuda-graph-max-bs-prefill cuda-graph-tc-compiler
  custom-weight-loader dcp-size debug-tensor-dump-inject debug-tensor-dump-input-file debug-tensor-dump-layers
  debug-tensor-dump-output-folder decode-attention-backend decode-log-interval decoupled-spec-bind-endpoint
  decoupled-spec-connect-endpoints decoupled-spec-rank decoupled-spec-role decrypted-config-file decrypted-draft-config-file deepep-config
  deepep-dispatcher-output-dtype deepep-mode default-priority-value detokenizer-worker-num device disable-piecewise-cuda-graph
  disaggregation-bootstrap-port disaggregation-decode-dp disaggregation-decode-extra-slots disaggregation-decode-polling-interval
  disaggregation-decode-tp disaggregation-ib-device disaggregation-mode disaggregation-prefill-pp disaggregation-transfer-backend
  dist-init-addr dist-timeout dllm-algorithm dllm-algorithm-config download-dir ds-channel-config-path ds-heavy-channel-num
  ds-heavy-channel-type ds-heavy-token-num ds-sparse-decode-threshold dsa-decode-backend dsa-paged-mqa-logits-backend dsa-prefill-backend
  dsa-prefill-cp-mode dsa-topk-backend dynamic-batch-tokenizer-batch-size dynamic-batch-tokenizer-batch-timeout elastic-ep-backend
  enable-breakable-cuda-graph enable-dsa-prefill-context-parallel enable-flashmla enable-prefill-context-parallel enable-prefill-cp
  encoder-bootstrap-port encoder-register-urls encoder-transfer-backend encoder-urls enforce-piecewise-cuda-graph
  engine-info-bootstrap-port ep-dispatch-algorithm ep-num-redundant-experts eplb-algorithm eplb-min-rebalancing-utilization-threshold
  eplb-rebalance-layers-per-chunk eplb-rebalance-num-iterations expert-distribution-recorder-buffer-size expert-distribution-recorder-mode
  export-metrics-to-file-dir extra-metric-labels fastapi-root-path file-storage-path flashinfer-allreduce-fusion-backend
  flashinfer-mxfp4-moe-precision forward-hooks forward-pass-metrics-ipc-name forward-pass-metrics-worker-id fp4-gemm-runner-backend
  fp8-gemm-backend fp8-gemm-runner-backend gc-threshold gc-warning-threshold-secs generation-tokens-buckets gpu-id-step grammar-backend
  grpc-http-sidecar-port hf-chat-template-name hicache-io-backend hicache-mem-layout hicache-ratio hicache-size hicache-storage-backend
  hicache-storage-backend-extra-config hicache-storage-prefetch-policy hicache-write-policy hisparse-config host hybrid-kvcache-ratio
  incremental-streaming-output init-expert-location int8-mamba-ckpt-size kt-cpuinfer
  kt-max-deferred-experts-per-token kt-method kt-num-gpu-experts kt-threadpool-count kt-weight-path kv-canary kv-canary-real-data
  kv-canary-sweep-interval kv-events-config limit-mm-data-per-request linear-attn-backend linear-attn-decode-backend
  linear-attn-prefill-backend linear-replayssm-cache-len lmcache-config-file load-balance-method load-format
  load-snapshot-publish-interval load-watch-interval log-level log-level-http log-requests-format log-requests-level log-requests-target
  lora-backend lora-drain-wait-threshold lora-eviction-policy mamba-backend mamba-cache-philox-rounds
  mamba-radix-cache-strategy mamba-scheduler-strategy mamba-track-interval max-loaded-loras max-lora-chunk-size   max-micro-batch-size max-queued-requests min-free-slots-delay mm-attention-backend mm-max-concurrent-calls
  mm-per-request-timeout mm-process-config model-checksum model-config-parser model-impl model-loader-extra-config modelexpress-config
  modelopt-checkpoint-restore-path modelopt-checkpoint-save-path modelopt-export-path modelopt-quant moe-a2a-backend moe-dense-tp-size
  moe-dp-size moe-runner-backend mooncake-ib-device msprobe-dump-config multi-item-scoring-delimiter n-share-experts-fusion nccl-init-addr
  nccl-port nnodes node-rank nsa-decode-backend nsa-prefill-backend nsa-prefill-cp-mode num-continuous-decode-steps
  num-reserved-decode-tokens numa-node offload-group-size offload-mode offload-num-in-group offload-prefetch-step
  optimistic-prefill-retries otlp-traces-endpoint pdlb-url pdmux-config-path piecewise-cuda-graph-compiler piecewise-cuda-graph-max-tokens
  piecewise-cuda-graph-tokens port pp-async-batch-depth pp-max-micro-batch-size preferred-sampling-params prefill-attention-backend
  prefill-cp-mode prefill-delayer-forward-passes-buckets prefill-delayer-max-delay-ms prefill-delayer-max-delay-passes
  prefill-delayer-queue-min-ratio prefill-delayer-token-usage-low-watermark prefill-delayer-wait-seconds-buckets prefill-max-requests
  priority-scheduling-preemption-threshold prompt-tokens-buckets quantization-param-path radix-cache-backend radix-eviction-policy
  random-seed reasoning-parser remote-instance-weight-loader-backend remote-instance-weight-loader-seed-instance-ip
  remote-instance-weight-loader-seed-instance-service-port remote-instance-weight-loader-send-weights-group-ports revision
  rl-on-policy-target rl-quant-profile sampling-backend sampling-defaults schedule-conservativeness schedule-policy
  scheduler-recv-interval served-model-name sm-group-num soft-watchdog-timeout spec-trace-dir speculative-accept-threshold-acc
  speculative-accept-threshold-single speculative-adaptive-config speculative-attention-mode speculative-dflash-block-size
  speculative-dflash-draft-window-size speculative-draft-attention-backend speculative-draft-load-format   speculative-draft-model-quantization speculative-draft-model-revision speculative-draft-window-size
  speculative-eagle-topk speculative-moe-a2a-backend speculative-moe-runner-backend speculative-ngram-branch-length
  speculative-ngram-capacity speculative-ngram-external-corpus-max-tokens speculative-ngram-external-corpus-path
  speculative-ngram-external-sam-budget speculative-ngram-match-type speculative-ngram-max-bfs-breadth
  speculative-ngram-max-match-window-size speculative-ngram-max-trie-depth speculative-ngram-min-bfs-breadth
  speculative-ngram-min-match-window-size speculative-num-steps speculative-token-map ssl-ca-certs ssl-certfile ssl-keyfile
  ssl-keyfile-password stream-interval tbo-token-distribution-threshold tokenizer-backend tokenizer-metrics-allowed-custom-labels
  tokenizer-metrics-custom-labels-header tokenizer-mode tokenizer-path tokenizer-worker-num tool-call-parser tool-server
  torch-compile-max-bs torchao-config trace-modules triton-attention-num-kv-splits triton-attention-split-tile-size
  uvicorn-access-log-exclude-prefixes warmups watchdog-timeout weight-loader-prefetch-num-threads weight-version
`);
