/** The figures of a run as an SVG: one group of bars for each request, on one logarithmic scale. */

const width = 760;
const left = 220;
const right = 150;
const rowHeight = 24;
const headingHeight = 38;
const footerHeight = 44;
const style = `
  .paper { fill: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #1f2328; stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
  .heading { font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; }
    text { fill: #f0f6fc; stroke: #0d1117; }
    .small { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .bar { fill: #656c76; }
    .ours { fill: #4493f8; }
  }`;

/** `figures` are `{ what, name, cpuMicroseconds, ratio }`, those of one request next to each other. */
export function peersPicture(figures, show) {
  const largest = Math.max(...figures.map(({ ratio }) => ratio));
  const decades = Math.ceil(Math.log10(largest));
  const x = (ratio) => left + ((width - left - right) * Math.log10(Math.max(ratio, 1))) / decades;
  const parts = [];
  let y = 0;
  let heading;
  for (const { what, name, cpuMicroseconds, ratio } of figures) {
    if (what !== heading) {
      heading = what;
      y += headingHeight;
      parts.push(`<text class="heading" x="12" y="${y - 10}">${what}</text>`);
    }
    const middle = y + rowHeight / 2 + 4;
    const kind = name.startsWith('Pawl') ? 'bar ours' : 'bar';
    parts.push(
      `<text x="${left - 10}" y="${middle}" text-anchor="end">${name}</text>`,
      `<rect class="${kind}" x="${left}" y="${y + 3}" width="${Math.max(x(ratio) - left, 2).toFixed(1)}" height="${rowHeight - 7}" rx="2"/>`,
      `<text x="${(x(ratio) + 8).toFixed(1)}" y="${middle}">${ratio.toFixed(ratio < 100 ? 1 : 0)} times <tspan class="small">${show(cpuMicroseconds)}</tspan></text>`,
    );
    y += rowHeight;
  }
  const grid = Array.from({ length: decades + 1 }, (_, power) => {
    const at = x(10 ** power).toFixed(1);
    return `<line class="grid" x1="${at}" x2="${at}" y1="14" y2="${y + 6}"/><text class="small" x="${at}" y="${y + 20}" text-anchor="middle">${10 ** power}</text>`;
  });
  const height = y + footerHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="CPU time of a request, as a multiple of the least that it takes">
<style>${style}
</style>
<rect class="paper" width="${width}" height="${height}"/>
${grid.join('\n')}
${parts.join('\n')}
<text class="small" x="${left}" y="${height - 8}">CPU time of the service per request, as a multiple of the yardstick (logarithmic scale)</text>
</svg>
`;
}
