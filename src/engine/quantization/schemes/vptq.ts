import { exact, type Basis } from '../../basis';
import { linearsOf, type Scheme } from '../scheme';
import { stackedLinearLayers } from '../selection';
import type { StoredTensor } from '../storage';

export interface VptqLayout {
  readonly name: string;
  /** Rows of a vector: vectors run down a column. */
  readonly vectorLength: number;
  readonly centroids: number;
  /** Centroids of the second codebook, for what the first leaves; 0 for none. */
  readonly residualCentroids?: number;
  /** Codebooks of the layer, each for its own columns. */
  readonly groups?: number;
  /** Columns of one group; left out: the row less its outliers, divided by the groups. */
  readonly groupSize?: number | undefined;
  /** Columns with a codebook of their own. */
  readonly outliers?: { readonly columns: number; readonly vectorLength: number; readonly centroids: number } | undefined;
  /** Whether columns are scaled and shifted, and reordered. */
  readonly norm?: boolean;
  readonly permutation?: boolean;
  /** Whether both indices stand in words of 32 bits together, as every published file has it. */
  readonly packed?: boolean;
  readonly basis?: Basis;
  readonly takes?: Scheme['takes'];
}

/**
 * VPTQ: indices into codebooks of the layer's own, and into a second codebook for the residual; columns scaled, shifted and
 * reordered. Layout: microsoft/VPTQ vptq/layers/vqlinear.py, VQuantLinear.
 */
export const vptq = ({
  name,
  vectorLength,
  centroids,
  residualCentroids = 0,
  groups = 1,
  groupSize,
  outliers,
  norm = true,
  permutation = true,
  packed = true,
  basis = exact,
  takes = stackedLinearLayers,
}: VptqLayout): Scheme => {
  const indexBits = Math.floor(Math.log2(centroids));
  const residualBits = residualCentroids > 0 ? Math.floor(Math.log2(residualCentroids)) : 0;
  return {
    name,
    bits: (indexBits + residualBits) / vectorLength,
    groupSize: null,
    basis,
    takes,
    store(matrix, { kept }, entry) {
      const { matrices: copies, rows, columns } = linearsOf(matrix, entry);
      const width = groupSize ?? Math.ceil((columns - (outliers?.columns ?? 0)) / groups);
      const vectors = Math.ceil(rows / vectorLength);
      const tensors: StoredTensor[] = packed
        ? [
            {
              suffix: 'indices',
              dtype: 'I32',
              shape: [groups, vectors, Math.ceil((width * (indexBits + residualBits)) / 32)],
              copies,
              packed: true,
            },
          ]
        : [{ suffix: 'indices', dtype: 'I16', shape: [groups, vectors, width], copies, packed: true }];
      tensors.push({ suffix: 'centroids.weight', dtype: kept, shape: [groups, centroids * vectorLength], copies });
      if (residualBits > 0) {
        tensors.push({ suffix: 'res_centroids.weight', dtype: kept, shape: [groups, residualCentroids * vectorLength], copies });
        if (!packed) tensors.push({ suffix: 'res_indices', dtype: 'I16', shape: [groups, vectors, width], copies });
      }
      if (outliers)
        tensors.push(
          { suffix: 'outlier_centroids.weight', dtype: kept, shape: [1, outliers.centroids * outliers.vectorLength], copies },
          { suffix: 'outlier_indices', dtype: 'I16', shape: [1, Math.ceil(rows / outliers.vectorLength), outliers.columns], copies },
        );
      if (permutation) tensors.push({ suffix: 'perm', dtype: packed ? 'I16' : 'I64', shape: [columns], copies });
      if (norm)
        tensors.push(
          { suffix: 'weight_scale', dtype: kept, shape: [columns], copies },
          { suffix: 'weight_bias', dtype: kept, shape: [columns], copies },
        );
      return tensors;
    },
  };
};
