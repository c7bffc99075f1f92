// Runs the audits of the graphql-http package against the server at BASE_URL.
// Every MUST has to pass. What else does not is listed here, with the reason,
// and in "peregrine help limits".
import { auditServer } from 'graphql-http';

const known = new Map([
  ['5A70', 'GET carries the name of the client, so that another site cannot use a cookie'],
  ['D6D5', 'the same'],
  ['6A70', 'the same'],
  ['572B', 'a request error is 400 in both media types'],
  ['FDE2', 'the same'],
  ['7B9B', 'the same'],
]);

const results = await auditServer({ url: `${process.env.BASE_URL}/graphql`, fetchFn: fetch });
const failed = results.filter((r) => r.status !== 'ok');
const surprises = failed.filter((r) => r.status === 'error' || !known.has(r.id));
const stale = [...known.keys()].filter((id) => !failed.some((r) => r.id === id));
for (const r of surprises) console.error(`audit ${r.id} ${r.status}: ${r.name}: ${r.reason}`);
for (const id of stale) console.error(`audit ${id} passes now: take it off the list`);
console.log(`audit: ${results.length - failed.length} of ${results.length} pass, ${failed.length} are known`);
process.exit(surprises.length + stale.length > 0 ? 1 : 0);
