// The page in Chromium: node page.js CHROMIUM CASE URL ARGUMENT...
// Prints `ok CASE` when the case holds; otherwise it ends with an error. Where the test has something to do meanwhile
// or afterwards, a line says so.
'use strict';
const { assertNoTrouble, launch } = require('./page_tools.js');

const cases = {
  ...require('./page_connection.js'),
  ...require('./page_hostile.js'),
  ...require('./page_looks.js'),
  ...require('./page_transports.js'),
};

(async () => {
  const [executablePath, name, ...parameters] = process.argv.slice(2);
  const browser = await launch(executablePath);
  try {
    await cases[name](browser, ...parameters);
    assertNoTrouble();
    console.log(`ok ${name}`);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
