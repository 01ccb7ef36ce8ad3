// Compares a journal (load.mjs) with what is on the disk: the database, the evidence files, the ledger.
// `node checker.mjs JOURNAL RECORDS_FOLDER [BEFORE]` (BEFORE: what remember() answered, as JSON) prints what is wrong, one line each, and ends with 1 when something is.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** All rows of one query, from a copy's point of view: never writes. */
function query(database, sql) {
  const text = execFileSync('sqlite3', ['-readonly', '-json', database, sql], { maxBuffer: 1 << 28, encoding: 'utf8' });
  return text.trim() ? JSON.parse(text) : [];
}

export const readJournal = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** Intents by key: what was asked, and the acknowledgement if there was one. */
export function intentsOf(lines) {
  const intents = new Map();
  for (const line of lines) {
    if (line.at === 'send') intents.set(line.key, { ...line, ack: undefined });
    else if (line.at === 'ack') intents.get(line.key).ack = line;
    else intents.get(line.key).refused = line;
  }
  return [...intents.values()];
}

const groupBy = (rows, name) => {
  const groups = new Map();
  for (const row of rows) groups.set(row[name], [...(groups.get(row[name]) ?? []), row]);
  return groups;
};

/** Everything that the checks look at, read once. */
function load(folder) {
  const database = join(folder, 'titled.db');
  return {
    folder,
    keys: groupBy(query(database, 'select key, status from idempotency'), 'key'),
    accounts: groupBy(query(database, 'select a.id, a.login, (select count(*) from account_grant g where g.account_id = a.id) as grants from account a'), 'login'),
    units: groupBy(query(database, 'select id, name from unit'), 'name'),
    applications: query(database, "select id, account_id, state, version, json_extract(content, '$.teaching.classes') as classes from application"),
    transitions: query(database, 'select application_id, action from transition'),
    evidence: query(database, 'select e.id, e.application_id, e.hash, e.removed_at, f.size from evidence e left join evidence_file f on f.hash = e.hash'),
    files: query(database, 'select hash, size from evidence_file'),
    notes: query(database, 'select application_id, note from verification'),
    ledger: query(database, 'select sequence, action, subject, payload from ledger order by sequence'),
    faults: [
      ...query(database, 'pragma integrity_check').map((row) => row.integrity_check).filter((text) => text !== 'ok').map((text) => `the database is damaged: ${text}`),
      ...query(database, 'pragma foreign_key_check').map((row) => `a row of ${row.table} points nowhere`),
    ],
  };
}

/** How often the ledger has this action on this subject. */
const entries = (state, action, subject) => state.ledger.filter((entry) => entry.action === action && entry.subject === subject).length;

const subjectOf = (state, kind, id) => (state.ledger.some((entry) => entry.subject === `${kind}/${id}`) ? `${kind}/${id}` : id);

function checkCount(problems, what, found, least, most = least) {
  if (found < least) problems.push(`lost: ${what}: ${found} instead of ${least}`);
  if (found > most) problems.push(`doubled: ${what}: ${found} instead of ${most}`);
}

/** One subject's counted writes: every acknowledged one once, those without an answer at most once. */
function checkSubjects(problems, state, intents, kind, action, idOf, noun = 'application') {
  for (const [id, mine] of groupBy(intents.filter((one) => one.kind === kind).map((one) => ({ ...one, id: idOf(one) })), 'id'))
    checkCount(problems, `${action} of ${id} in the ledger`, entries(state, action, subjectOf(state, noun, id)) - (state.before.counts[`${action} ${id}`] ?? 0),
      mine.filter((one) => one.ack).length, mine.filter((one) => !one.refused).length);
}

function checkKeys(problems, state, intents) {
  for (const { key, kind, ack } of intents) {
    if (kind === 'account') continue; // not kept: load.mjs says why
    const rows = state.keys.get(key) ?? [];
    checkCount(problems, `answer kept for ${kind} ${key}`, rows.length, ack ? 1 : 0, 1);
  }
}

function checkSaves(problems, state, intents) {
  checkSubjects(problems, state, intents, 'save', 'application.save', (one) => one.application);
  for (const [id, saves] of groupBy(intents.filter((one) => one.kind === 'save'), 'application')) {
    const row = state.applications.find((one) => one.id === id);
    const last = saves.filter((one) => one.ack).at(-1);
    const open = saves.filter((one) => !one.ack && !one.refused);
    if (!row) problems.push(`lost: application ${id}`);
    else if (last && row.classes !== last.token && !open.some((one) => one.token === row.classes)) problems.push(`lost: the last save of ${id}: ${row.classes} instead of ${last.token}`);
    else if (last) checkCount(problems, `version of ${id}`, row.version, last.ack.version, last.ack.version + open.length);
    const tokens = state.ledger.filter((entry) => entry.action === 'application.save' && entry.subject.endsWith(id));
    if (new Set(tokens.map((one) => one.sequence)).size !== tokens.length) problems.push(`doubled: ledger sequence of ${id}`);
  }
}

function checkAccounts(problems, state, intents) {
  for (const { login, ack } of intents.filter((one) => one.kind === 'account')) {
    const rows = state.accounts.get(login) ?? [];
    checkCount(problems, `account ${login}`, rows.length, ack ? 1 : 0, 1);
    for (const row of rows) {
      checkCount(problems, `grant of ${login}`, row.grants, 1);
      checkCount(problems, `account.create of ${login} in the ledger`, entries(state, 'account.create', subjectOf(state, 'account', row.id)), 1);
      if (ack && row.id !== ack.account) problems.push(`doubled: account ${login} is ${row.id}, acknowledged was ${ack.account}`);
    }
  }
}

function checkUnits(problems, state, intents) {
  for (const { name, ack } of intents.filter((one) => one.kind === 'unit')) {
    const rows = state.units.get(name) ?? [];
    checkCount(problems, `unit ${name}`, rows.length, ack ? 1 : 0, 1);
    for (const row of rows) checkCount(problems, `unit.create of ${row.id} in the ledger`, entries(state, 'unit.create', subjectOf(state, 'unit', row.id)), 1);
    if (ack && rows.length && rows[0].id !== ack.unit) problems.push(`doubled: unit ${name} is ${rows[0].id}, acknowledged was ${ack.unit}`);
  }
}

function checkStarts(problems, state, intents) {
  const starts = intents.filter((one) => one.kind === 'start');
  for (const [account, mine] of groupBy(starts, 'account')) {
    const rows = state.applications.filter((row) => row.account_id === account && !state.before.applications.includes(row.id));
    checkCount(problems, `applications of ${account}`, rows.length, mine.filter((one) => one.ack).length, mine.length);
    for (const row of rows) checkCount(problems, `application.create of ${row.id} in the ledger`, entries(state, 'application.create', subjectOf(state, 'application', row.id)), 1);
    for (const { ack } of mine) if (ack && !rows.some((row) => row.id === ack.application)) problems.push(`lost: application ${ack.application}`);
  }
  for (const { application, ack } of intents.filter((one) => one.kind === 'withdraw')) {
    const steps = state.transitions.filter((one) => one.application_id === application && one.action === 'withdraw').length;
    checkCount(problems, `withdrawal of ${application}`, steps, ack ? 1 : 0, 1);
    const withdrawn = state.applications.find((one) => one.id === application)?.state === 'withdrawn';
    if (withdrawn !== (steps === 1)) problems.push(`half: ${application} has ${steps} withdrawals and is ${withdrawn ? '' : 'not '}withdrawn`);
  }
}

function checkEvidence(problems, state, intents) {
  checkSubjects(problems, state, intents, 'attach', 'evidence.add', (one) => one.application);
  checkSubjects(problems, state, intents, 'detach', 'evidence.remove', (one) => one.application);
  for (const { application, hash, ack } of intents.filter((one) => one.kind === 'attach')) {
    const rows = state.evidence.filter((row) => row.application_id === application && row.hash === hash);
    checkCount(problems, `evidence ${hash.slice(0, 8)}`, rows.length, ack ? 1 : 0, 1);
    if (ack && rows.length && rows[0].id !== ack.evidence) problems.push(`doubled: evidence ${ack.evidence} is ${rows[0].id}`);
  }
  for (const { evidence, ack } of intents.filter((one) => one.kind === 'detach'))
    if (ack && !state.evidence.find((row) => row.id === evidence)?.removed_at) problems.push(`lost: removal of evidence ${evidence}`);
}

/** Every file that the database names is there, whole; what is being received belongs to nobody after the end. */
function checkFiles(problems, state) {
  for (const { hash, size } of state.files) {
    const path = join(state.folder, 'files', hash.slice(0, 2), hash);
    if (!existsSync(path)) {
      problems.push(`lost: file ${hash}`);
      continue;
    }
    const bytes = readFileSync(path);
    if (bytes.length !== size || createHash('sha256').update(bytes).digest('hex') !== hash) problems.push(`half: file ${hash} has other bytes`);
  }
  for (const row of state.evidence) if (row.size === null) problems.push(`half: evidence ${row.id} has no file row`);
  for (const name of readdirSync(join(state.folder, 'files/incoming'))) problems.push(`orphan: incoming/${name}`);
}

function checkNotes(problems, state, intents) {
  checkSubjects(problems, state, intents, 'verify', 'application.verify', (one) => one.application);
  for (const [id, mine] of groupBy(intents.filter((one) => one.kind === 'verify'), 'application')) {
    const last = mine.filter((one) => one.ack).at(-1);
    const open = mine.filter((one) => !one.ack);
    const notes = state.notes.filter((row) => row.application_id === id).map((row) => row.note);
    if (last && !notes.some((note) => note === last.token || open.some((one) => one.token === note))) problems.push(`lost: the last note on ${id}`);
  }
}

/** What is wrong, as sentences. `before` = remember() of the moment before the load began. */
export function check(lines, folder, before = nothing) {
  const intents = intentsOf(lines);
  const state = { ...load(folder), before };
  const problems = [...state.faults];
  for (const { sequence } of state.ledger.filter((entry, i) => entry.sequence !== state.ledger[0].sequence + i)) problems.push(`half: the ledger has a gap before ${sequence}`);
  for (const look of [checkKeys, checkSaves, checkAccounts, checkUnits, checkStarts, checkEvidence, checkNotes]) look(problems, state, intents);
  checkFiles(problems, state);
  return { problems, intents: intents.length, acknowledged: intents.filter((one) => one.ack).length };
}

const nothing = { counts: {}, applications: [] };

/** What a load finds there already and is not in its journal. */
export function remember(folder) {
  const database = join(folder, 'titled.db');
  const counts = {};
  for (const { action, subject, number } of query(database, 'select action, subject, count(*) as number from ledger group by 1, 2')) counts[`${action} ${subject.split('/').at(-1)}`] = number;
  const rows = query(database, 'select id, version from application');
  return { counts, applications: rows.map((row) => row.id), versions: Object.fromEntries(rows.map((row) => [row.id, row.version])) };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { problems, intents, acknowledged } = check(readJournal(process.argv[2]), process.argv[3], process.argv[4] ? JSON.parse(readFileSync(process.argv[4], 'utf8')) : nothing);
  for (const problem of problems) console.log(problem);
  console.log(`${acknowledged} of ${intents} intents acknowledged, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
