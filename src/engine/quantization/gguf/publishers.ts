/**
 * Mixes that publishers make beside llama.cpp's own: their recipe says tensor by tensor what a file type's rules do not, so that
 * a config gives a range. `nominal` stands for the size; `low` and `high` bound it.
 */
export interface Recipe {
  readonly name: string;
  readonly nominal: string;
  readonly low: string;
  readonly high: string;
}

/** File types with embedding and output at Q8_0, as bartowski's model cards name them: exact. */
export const wideEmbeddings: Readonly<Record<string, string>> = {
  Q2_K_L: 'Q2_K',
  Q3_K_XL: 'Q3_K_L',
  Q4_K_L: 'Q4_K_M',
  Q5_K_L: 'Q5_K_M',
  Q6_K_L: 'Q6_K',
};

/**
 * Unsloth's "dynamic" files, chosen per model and tensor, and DQ3_K_M for DeepSeek (arXiv 2505.02390). The bounds are file types
 * that hold every published size known here between them: UD-Q4_K_XL is 1.5 to 2.5 % above Q4_K_M on dense models and up to 6 %
 * below on mixtures of experts, UD-Q8_K_XL 9 to 27 % above Q8_0.
 */
export const recipes: readonly Recipe[] = [
  { name: 'UD-Q8_K_XL', nominal: 'Q8_0', low: 'Q8_0', high: 'BF16' },
  { name: 'UD-Q6_K_XL', nominal: 'Q6_K', low: 'Q5_K_M', high: 'Q8_0' },
  { name: 'UD-Q5_K_XL', nominal: 'Q5_K_M', low: 'Q4_K_M', high: 'Q6_K' },
  { name: 'UD-Q4_K_XL', nominal: 'Q4_K_M', low: 'IQ4_XS', high: 'Q5_K_S' },
  { name: 'UD-Q4_K_M', nominal: 'Q4_K_M', low: 'IQ4_XS', high: 'Q5_K_S' },
  { name: 'UD-IQ4_XS', nominal: 'IQ4_XS', low: 'IQ3_S', high: 'Q4_K_M' },
  { name: 'UD-Q3_K_XL', nominal: 'Q3_K_M', low: 'IQ3_XXS', high: 'Q4_K_S' },
  { name: 'UD-IQ3_XXS', nominal: 'IQ3_XXS', low: 'IQ2_S', high: 'Q3_K_M' },
  { name: 'UD-Q2_K_XL', nominal: 'Q2_K', low: 'IQ2_XS', high: 'Q3_K_M' },
  { name: 'UD-IQ2_M', nominal: 'IQ2_M', low: 'IQ2_XXS', high: 'IQ3_XXS' },
  { name: 'UD-IQ2_XXS', nominal: 'IQ2_XXS', low: 'IQ1_M', high: 'IQ2_M' },
  { name: 'UD-IQ1_M', nominal: 'IQ1_M', low: 'IQ1_S', high: 'IQ2_XS' },
  { name: 'UD-IQ1_S', nominal: 'IQ1_S', low: 'IQ1_S', high: 'IQ2_XXS' },
  { name: 'DQ3_K_M', nominal: 'Q3_K_M', low: 'IQ3_XXS', high: 'Q4_K_S' },
];
