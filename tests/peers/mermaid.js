// Draws diagrams as GitHub and the book do, by mermaid in Chromium: node mermaid.js CHROMIUM
// Reads [{"name": ..., "text": ...}, ...] from stdin. Prints which mermaid it is and its hash, then `ok NAME` for each
// diagram that became a picture, and `bad NAME: WHY` for each that did not.
'use strict';
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { chromium } = require('playwright-core');

const [executablePath] = process.argv.slice(2);
// Quiet: Chromium would look for updates, and nothing here may leave the machine.
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat(
  ['--disable-background-networking', '--disable-component-update', '--disable-sync'],
);

const program = require.resolve('mermaid/dist/mermaid.min.js');
const { version } = require('mermaid/package.json');

// Inside the page. mermaid throws for what it cannot read; a picture without a size would be nothing to see.
async function draw({ text, id }) {
  try {
    const { svg } = await mermaid.render(id, text);
    document.body.innerHTML = svg;
    const { width, height } = document.querySelector('svg').getBoundingClientRect();
    return width > 0 && height > 0 ? '' : 'the picture has no size';
  } catch (error) {
    return String(error.message || error);
  }
}

async function run(page, diagrams) {
  await page.setContent('<!doctype html><body></body>');
  await page.addScriptTag({ path: program });
  await page.evaluate(() => mermaid.initialize({ startOnLoad: false }));
  for (const [i, { name, text }] of diagrams.entries()) {
    const why = await page.evaluate(draw, { text, id: `picture-${i}` });
    console.log(why ? `bad ${name}: ${why.replaceAll('\n', ' | ')}` : `ok ${name}`);
  }
}

(async () => {
  console.log(`mermaid ${version} sha384-${createHash('sha384').update(readFileSync(program)).digest('base64')}`);
  const diagrams = JSON.parse(readFileSync(0, 'utf8'));
  const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
  try {
    await run(await browser.newPage(), diagrams);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
