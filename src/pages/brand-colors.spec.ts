import { brandStyle } from './brand-colors.js';

describe('the colors of the brand', () => {
  const values = (style: string, name: string) =>
    [...style.matchAll(new RegExp(`--${name}:(#\\w+)`, 'g'))].map(([, value]) => value);

  it('keeps a color that can be read, and makes it lighter in the dark', () => {
    const style = brandStyle('#2456c8');
    expect(values(style, 'brand')).toEqual(['#2456c8', '#2456c8']);
    expect(values(style, 'brand-ink')).toEqual(['#ffffff', '#ffffff']);
    expect(values(style, 'brand-text')[0]).toBe('#2456c8');
    expect(values(style, 'brand-text')[1]).not.toBe('#2456c8');
  });

  it.each([
    ['#ffe600', '#000000'],
    ['#ffffff', '#000000'],
    ['#000000', '#ffffff'],
  ])('writes on %s in %s', (color, ink) => {
    expect(values(brandStyle(color), 'brand-ink')).toEqual([ink, ink]);
  });

  it('darkens a bright color and lightens a dark one where it is text', () => {
    expect(values(brandStyle('#ffe600'), 'brand-text')[0]).not.toBe('#ffe600');
    expect(values(brandStyle('#ffe600'), 'brand-text')[1]).toBe('#ffe600');
    expect(values(brandStyle('#000000'), 'brand-text')[0]).toBe('#000000');
    expect(values(brandStyle('#000000'), 'brand-text')[1]).not.toBe('#000000');
  });
});
