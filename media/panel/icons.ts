import { svg } from './dom';

/** Icons of the page, drawn in the colour of the text around them; words stand beside them or in their labels. */
const paths = {
  pin: 'M10 2 14 6 12.6 7.4 11.9 6.7 9.4 9.2 9.6 11.8 8.5 12.9 5.8 10.2 2.7 13.3H2V12.6L5.1 9.5 2.4 6.8 3.5 5.7 6.1 5.9 8.6 3.4 7.9 2.7Z',
  check: 'M6.5 12 2.5 8 3.7 6.8 6.5 9.6 12.3 3.8 13.5 5Z',
  cross: 'M8 6.9 11.4 3.5 12.5 4.6 9.1 8 12.5 11.4 11.4 12.5 8 9.1 4.6 12.5 3.5 11.4 6.9 8 3.5 4.6 4.6 3.5Z',
  question:
    'M7.2 10H8.8V9.4C8.8 8.4 11 7.9 11 5.9 11 4.3 9.7 3.2 8 3.2 6.3 3.2 5 4.3 5 6H6.6C6.6 5.1 7.2 4.7 8 4.7 8.8 4.7 9.4 5.1 9.4 5.9 9.4 7.2 7.2 7.5 7.2 9.4ZM7.2 11.3H8.8V12.9H7.2Z',
  warning: 'M8 2 14.5 13.5H1.5ZM7.3 6.2V10H8.7V6.2ZM7.3 11V12.4H8.7V11Z',
  error: 'M8 1.8A6.2 6.2 0 1 1 8 14.2 6.2 6.2 0 0 1 8 1.8ZM7.3 4.5V8.8H8.7V4.5ZM7.3 10V11.5H8.7V10Z',
  information: 'M8 1.8A6.2 6.2 0 1 1 8 14.2 6.2 6.2 0 0 1 8 1.8ZM7.3 4.5V6H8.7V4.5ZM7.3 7.2V11.5H8.7V7.2Z',
  chevron: 'M5.6 3.2 10.4 8 5.6 12.8 4.6 11.8 8.4 8 4.6 4.2Z',
  expand: 'M2 2H7V3.4H3.4V12.6H12.6V9H14V14H2ZM9 2H14V7H12.6V4.4L7.9 9.1 6.9 8.1 11.6 3.4H9Z',
  copy: 'M5 2H13V11H11.6V3.4H5ZM2.5 4.8H10.2V14H2.5ZM3.9 6.2V12.6H8.8V6.2Z',
} as const;
export type IconName = keyof typeof paths;

export const icon = (name: IconName): SVGSVGElement =>
  svg(
    'svg',
    { class: `icon icon-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: paths[name], 'fill-rule': 'evenodd' }),
  );
