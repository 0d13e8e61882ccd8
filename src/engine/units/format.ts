/** Figures as text. The locale decides separators only; units are the field's, in every language. */

export interface NumberStyle {
  /** BCP 47 tag for digits and separators ("en", "zh-CN"). */
  readonly locale: string;
  /** Powers of 1024 (KiB, MiB, GiB) or of 1000 (KB, MB, GB). */
  readonly memory: 'binary' | 'decimal';
}

export const defaultStyle: NumberStyle = { locale: 'en', memory: 'binary' };

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const decimal = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;
/** Where the steps of `formatBytes` start to show two decimals: people decide by hundredths of a GiB. */
const decisive = 3;

/** Languages that write 1,234.5. */
const commaAndPoint = /^(?:en|en-us|zh|zh-[a-z-]+|ja|ja-jp|ko|ko-kr)$/i;

const formatters = new Map<string, Intl.NumberFormat>();

/** A number with a fixed number of decimals and the locale's separators. */
export function formatNumber(value: number, decimals = 0, { locale }: Pick<NumberStyle, 'locale'> = defaultStyle): string {
  // The first use of Intl in a process loads its tables, which takes longer than a whole analysis.
  if (Math.abs(value) < 1e21 && commaAndPoint.test(locale)) return withCommas(value.toFixed(decimals));
  const key = `${locale} ${decimals}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formatters.set(key, formatter);
  }
  return formatter.format(value);
}

function withCommas(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** The largest step that a value reaches, judged as it will be rounded, so that 1,023.999 KiB becomes 1 MiB. */
function step(value: number, base: number, last: number): number {
  let power = 0;
  let scaled = Math.abs(value);
  while (power < last && scaled >= base * 0.9995) {
    scaled /= base;
    power++;
  }
  return power;
}

const isRound = (value: number, decimals: number): boolean => Number.isInteger(Number(value.toFixed(decimals)));

/** Memory: "14.96 GiB", "128 KiB", "1.00 GiB", "640 GiB"; "0 B". Give `unit: false` to leave the unit to the text before it. */
export function formatBytes(bytes: number, style: NumberStyle = defaultStyle, options: { readonly unit?: boolean } = {}): string {
  const names = style.memory === 'binary' ? binary : decimal;
  const base = style.memory === 'binary' ? 1024 : 1000;
  const power = step(bytes, base, names.length - 1);
  const value = bytes / base ** power;
  const size = Math.abs(value);
  let decimals = power === 0 ? 0 : size >= 100 ? 1 : size >= 10 && power < decisive ? 1 : 2;
  if ((power < decisive || size >= 100) && isRound(value, decimals)) decimals = 0;
  const digits = formatNumber(value, decimals, style);
  return options.unit === false ? digits : `${digits} ${names[power] ?? ''}`;
}

const counts = ['', 'K', 'M', 'B', 'T', 'Q'] as const;

/** Counts in SI steps: "8.03B", "218.1M", "671B", "37.6B", "1.05B"; below a thousand as they are. */
export function formatCount(count: number, style: Pick<NumberStyle, 'locale'> = defaultStyle): string {
  const power = step(count, 1000, counts.length - 1);
  const value = count / 1000 ** power;
  const size = Math.abs(value);
  const decimals = power === 0 ? 0 : size >= 100 ? (power >= 3 ? 0 : 1) : size >= 10 ? 1 : 2;
  return formatNumber(value, isRound(value, decimals) && size >= 100 ? 0 : decimals, style) + (counts[power] ?? '');
}

/** Tokens: in full below 10,000 and when a multiple of 1,024, as limits are ("8,192", "163,840"), else in thousands ("62k", "1.2M"). */
export function formatTokens(tokens: number, style: Pick<NumberStyle, 'locale'> = defaultStyle): string {
  if (tokens < 10_000 || (tokens < 2 ** 31 && tokens % 1024 === 0)) return formatNumber(tokens, 0, style);
  if (tokens < 1e6) return `${formatNumber(Math.floor(tokens / 1000), 0, style)}k`;
  return `${formatNumber(Math.floor(tokens / 1e5) / 10, 1, style)}M`;
}

/** A share of a whole: "13 %", "<1 %", "0 %". */
export function formatShare(share: number, style: Pick<NumberStyle, 'locale'> = defaultStyle): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return '<1 %';
  return `${formatNumber(percent > 99 && percent < 100 ? 99 : percent, 0, style)} %`;
}
