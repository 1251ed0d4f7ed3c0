// What the book needs beyond what mdBook does: pictures from the text of a diagram, commands told from what they print,
// and links that lead out of the book.
// Everything can be read without it, too.
'use strict';

// Diagrams are drawn by mermaid. For readers without the internet put its file beside the chapters before the book is
// built. In the directory above this one:
//   npm pack --pack-destination target mermaid@12.3.0
//   tar -xzf target/mermaid-12.3.0.tgz -C walkthrough --strip-components=2 package/dist/mermaid.min.js
// Otherwise it comes from a public server, and only as the bytes that have this hash. When neither can be had, the text
// of the diagram stays.
const MERMAID = [
  { src: `${path_to_root}mermaid.min.js` },
  {
    src: 'https://cdn.jsdelivr.net/npm/mermaid@12.3.0/dist/mermaid.min.js',
    integrity: 'sha384-HHW54r639fK42Ip0coGF3mz8oSiGn0eEoWNTLs75X7H63pLSDBa0Tqs0RwGmLlXE',
    crossOrigin: 'anonymous',
  },
];

function loaded(attributes) {
  return new Promise((resolve) => {
    const script = Object.assign(document.createElement('script'), attributes);
    script.onload = () => resolve(Boolean(window.mermaid));
    script.onerror = () => resolve(false);
    document.head.append(script);
  });
}

async function anyLoaded(places) {
  for (const place of places) {
    if (await loaded(place)) return true;
  }
  return false;
}

const isDark = () => ['navy', 'coal', 'ayu'].some((theme) => document.documentElement.classList.contains(theme));

// Draws one diagram in place of its text, or leaves the text when mermaid does not understand it.
async function draw(code, id) {
  const pre = code.closest('pre');
  try {
    const { svg } = await mermaid.render(`picture-${id}`, code.textContent);
    const picture = Object.assign(document.createElement('div'), { className: 'picture', innerHTML: svg });
    pre.parentElement.querySelectorAll(`:scope > .picture[data-of="${id}"]`).forEach((old) => old.remove());
    picture.dataset.of = id;
    pre.after(picture);
    pre.hidden = true;
  } catch (why) {
    console.warn('a diagram stays text:', why);
  }
}

async function drawAll(codes) {
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: isDark() ? 'dark' : 'default' });
  for (const [id, code] of codes.entries()) await draw(code, id);
}

async function pictures() {
  const codes = [...document.querySelectorAll('code.language-mermaid')];
  if (codes.length === 0 || !(await anyLoaded(MERMAID))) return;
  let dark = isDark();
  await drawAll(codes);
  // A reader who changes the theme gets the pictures in its colours. One drawing at a time: they share mermaid's settings.
  let drawing = Promise.resolve();
  new MutationObserver(() => {
    if (isDark() === dark) return;
    dark = isDark();
    drawing = drawing.then(() => drawAll(codes));
  }).observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
}

// mdBook colours what a command prints as if it were a script, and takes our `>` for a prompt. Here the commands stand
// out, each with the lines that a backslash adds to it, and the rest is plain.
function commands() {
  for (const code of document.querySelectorAll('code.language-console')) {
    const lines = code.textContent.split(/(?<=\n)/);
    let goesOn = false;
    const parts = lines.map((line) => {
      const typed = goesOn || line.startsWith('$ ');
      goesOn = typed && line.endsWith('\\\n');
      return typed ? Object.assign(document.createElement('strong'), { textContent: line }) : line;
    });
    code.replaceChildren(...parts);
  }
}

// `../src/protocol/mask.rs` is a file of the repository, not of the book: its path is told instead of a link to nothing.
// mdBook has made .html of the .md in it.
function linksOut() {
  for (const link of document.querySelectorAll(`main a[href^="${path_to_root}../"]`)) {
    const path = link.getAttribute('href').slice(path_to_root.length + '../'.length).replace(/\.html(#|$)/, '.md$1');
    const told = document.createElement('span');
    told.title = 'a file of the repository';
    told.append(...link.childNodes);
    if (!told.textContent.includes(path.split('#')[0])) told.append(` (${path})`);
    link.replaceWith(told);
  }
}

// On GitHub the page of a folder is its README.md, in the book its index.html.
function readmes() {
  for (const link of document.querySelectorAll('main a[href*="README.html"]')) {
    const href = link.getAttribute('href');
    if (!href.includes('://')) link.setAttribute('href', href.replace(/README\.html(#|$)/, 'index.html$1'));
  }
}

// On GitHub a link may lead to a folder. A book has none to show: the words of the link stay.
function folders() {
  for (const link of document.querySelectorAll('main a[href]')) {
    if (/^([^:#]*\/)?[^.:#/]+\/?$/.test(link.getAttribute('href'))) link.replaceWith(...link.childNodes);
  }
}

commands();
linksOut();
readmes();
folders();
pictures();
