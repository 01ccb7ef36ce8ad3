// Who may do what, written down once more and apart from the server: from the design's table of roles and
// states and from the rules of the field, never from its code. matrix.test.mjs tries every cell.
//
// A cell's answer is one word:
//   ok      access was passed: done, or refused for what was sent (a guard, a version, a field)
//   state   the person may do this to the dossier, but not in its present state
//   403     the person's role does not do this, or not to this record, whose existence he may know
//   404     for this person there is no such record
//   401     nobody is logged in
//   field   the record named in the body is none that the person can choose

/** State → {action: role that performs it}; `system` acts by itself. DESIGN §8, Order 40 articles 13 to 26. */
const reject = (role) => ({ return: role, reject: role });
const district = (role) => ({ forward: role, return_to_unit: role, ...reject(role) });
const leave = { suspend: 'bureau', convert: 'bureau', revoke: 'bureau', retire: 'bureau' };
const own = { withdraw: 'applicant' };
export const workflow = {
  draft: { submit: 'applicant', ...own },
  submitted: { begin: 'unit', ...own },
  unit_review: { publicise: 'unit', ...reject('unit'), ...own },
  unit_notice: { recommend: 'unit', ...reject('unit'), ...own },
  district_industry_review: { ...district('district_industry'), ...own },
  district_hr_review: { ...district('district_hr'), ...own },
  office_review: { accept: 'office', supplement: 'office', reject: 'office', ...own },
  supplement: { submit: 'applicant', abandon: 'system', ...own },
  returned: { submit: 'applicant', abandon: 'system', ...own },
  fee_due: { record_fee: 'office', settle_fee: 'system', ...own },
  accepted: { assign: 'office', ...own },
  panel_review: { close_panel: 'office' },
  committee_vote: { pass: 'system', fail: 'system' },
  passed: { publicise_result: 'office bureau', outrank: 'office bureau', revote: 'office bureau' },
  failed: { order_revote: 'bureau' },
  result_notice: { hold: 'office bureau', confirm: 'bureau' },
  objection_hold: { release: 'office bureau', annul: 'bureau' },
  confirmed: { file: 'bureau or system' }, // two rows: the region's platform answers for nobody here
  filed: { certify: 'bureau' },
  certified: { appoint: 'unit bureau', supersede: 'system', ...leave },
  appointed: { supersede: 'system', ...leave },
  superseded: { appoint: 'unit bureau', ...leave },
  suspended: { resume: 'bureau', supersede: 'system', convert: 'bureau', revoke: 'bureau', retire: 'bureau' },
  converted: { revoke: 'bureau' },
  revoked: {},
  retired: { revoke: 'bureau' },
  withdrawn: {},
  abandoned: {},
  rejected: {},
};
export const states = Object.keys(workflow);

/** What the dossier's page offers; everything else has a page of its own or is the system's. */
export const actions = ['begin', 'recommend', 'forward', 'accept', 'return', 'return_to_unit', 'supplement', 'reject', 'hold', 'release', 'annul', 'confirm'];

/** People by what they are to the dossier: `acts` = roles in whose scope it lies, `sees` = it is theirs to see. */
export const persons = {
  public: { roles: [] },
  owner: { roles: ['applicant'], owns: true, acts: ['applicant'] },
  colleague: { roles: ['applicant'] },
  unit: { roles: ['unit'], acts: ['unit'], sees: true },
  otherUnit: { roles: ['unit'] },
  industry: { roles: ['district_industry'], acts: ['district_industry'], sees: true },
  otherIndustry: { roles: ['district_industry'] },
  farmIndustry: { roles: ['district_industry'] },
  hr: { roles: ['district_hr'], acts: ['district_hr'], sees: true },
  otherHr: { roles: ['district_hr'] },
  office: { roles: ['office'], acts: ['office'], sees: true },
  farmOffice: { roles: ['office'] },
  chair: { roles: ['expert'], sits: true },
  lead: { roles: ['expert'], sits: true, panel: true, leads: true },
  panellist: { roles: ['expert'], sits: true, panel: true },
  member: { roles: ['expert'], sits: true },
  recused: { roles: ['expert'], sits: true, panel: true, recuses: true },
  outsider: { roles: ['expert'] },
  farmer: { roles: ['expert'] },
  bureau: { roles: ['bureau'], acts: ['bureau'], sees: true },
  supervisor: { roles: ['supervisor'], sees: true },
  admin: { roles: ['admin'] },
  security: { roles: ['security'] },
  audit: { roles: ['audit'] },
  /** The applicant of this dossier who holds every office that it passes: he is its applicant and nothing else. */
  selfish: { roles: ['applicant', 'unit', 'district_industry', 'district_hr', 'office', 'bureau', 'expert'], owns: true, acts: ['applicant'], panel: true, recuses: true },
};

const editable = ['draft', 'returned', 'supplement'];
const before = ['panel_review', 'committee_vote']; // with the experts
const stages = { unit_review: 'unit', unit_notice: 'unit', district_industry_review: 'district_industry', district_hr_review: 'district_hr', office_review: 'office' };

// What a person may do to the dossier in a state.
const seen = (p, s) => p.owns || (p.sees && s !== 'draft');
const see = (p, s) => (seen(p, s) ? 'ok' : '404');
const edit = (p, s) => (p.owns ? (editable.includes(s) ? 'ok' : 'state') : '404');
const read = (p) => (p.owns ? 'ok' : '404');
const material = (p, s) => (seen(p, s) || (p.sits && !p.recuses && before.includes(s)) ? 'ok' : '404');
const sheet = (p, s) => (p.panel && !p.recuses && before.includes(s) ? 'ok' : '404');
const seated = (p, s) => (p.sits && !p.recuses && before.includes(s) ? 'ok' : '404');
const recuse = (p) => (p.panel || p.sits ? 'ok' : '404');
function perform(action) {
  return (p, s) => {
    if (!seen(p, s)) return '404';
    const by = workflow[s][action];
    return !by ? 'state' : by.split(' ').some((role) => p.acts?.includes(role)) ? 'ok' : '403';
  };
}
const verify = (p, s) => (!seen(p, s) ? '404' : !stages[s] ? 'state' : p.acts?.includes(stages[s]) ? 'ok' : '403');
/** Only dossiers on the own unit's desk can be publicised. */
const publicise = (p, s) => (s === 'unit_review' && p.acts?.includes('unit') ? 'ok' : 'field');

const assessed = { unit: 'conduct', district_industry: 'district_appraisal' };
const stale = { 'If-Match': '"999999"' };
const give = (body, headers) => () => ({ body, headers });
const reasons = { reasons: [{ code: 'format', text: '请核对。' }] };

/** Routes about one dossier: what a person may do, and what is sent. `spends`: success changes the dossier. */
export const dossierRoutes = {
  'GET /applications/{application}': { may: see },
  'GET /applications/{application}/check': { may: see },
  'GET /applications/{application}/evidence': { may: see },
  'POST /applications/{application}/evidence': { may: edit, send: () => ({ file: Buffer.from('MZ no picture') }) },
  'GET /applications/{application}/evidence/{evidence}': { may: material },
  'DELETE /applications/{application}/evidence/{evidence}': { may: edit, spends: true },
  'POST /applications/{application}/fee': { may: perform('record_fee'), send: give({ receipt: 'NT-1', paid_on: '2026-01-05' }), spends: true },
  'GET /applications/{application}/fee': { may: see },
  'POST /applications/{application}/fee/query': { may: see },
  'GET /applications/{application}/live': { may: see, stream: true },
  'GET /applications/{application}/letter': { may: (p, s) => (p.owns || (p.sees && s !== 'draft') ? (s === 'failed' ? 'ok' : 'state') : '404') },
  'POST /applications/{application}/recheck': { may: (p, s) => (p.owns ? (s === 'failed' ? 'ok' : 'state') : '404'), send: give({ reason: '请复查评审程序是否合规。' }), spends: true },
  'GET /applications/{application}/points': { may: read },
  'GET /applications/{application}/print': { may: see },
  'GET /applications/{application}/receipt': { may: see },
  'POST /applications/{application}/release': { may: see },
  'GET /applications/{application}/sections/{section}': { may: see },
  'PUT /applications/{application}/sections/{section}': { may: edit, send: give({ content: { teaching: {} } }, stale) },
  'POST /applications/{application}/sections/{section}/items': { may: edit, send: give({ content: { role: 'homeroom' } }), section: 'homeroom', spends: true },
  'DELETE /applications/{application}/sections/{section}/items/{item}': { may: edit, section: 'homeroom', item: 'homaaaaa', spends: true },
  'GET /applications/{application}/submit': { may: edit },
  'POST /applications/{application}/submit': { may: edit, send: give({}) },
  'GET /applications/{application}/timeline': { may: see },
  'GET /applications/{application}/verifications': { may: see },
  'PUT /applications/{application}/verifications': { may: verify, send: give({ verdicts: [] }) },
  'PUT /applications/{application}/assessments/{section}': { may: verify, send: give({ content: { nothing: 1 } }), sectionFor: (s) => assessed[stages[s]] ?? 'nosuch' },
  'POST /applications/{application}/withdraw': { may: perform('withdraw'), send: give({ sure: true }), spends: true },
  'GET /reviews/{application}': { may: sheet },
  'GET /reviews/{application}/live': { may: sheet, stream: true },
  'PUT /reviews/{application}/sheet': { may: sheet, send: give({ comment: '好' }, stale) },
  'POST /reviews/{application}/sheet/submit': { may: sheet, send: give({}, stale) },
  'GET /applications/{application}/challenges': { may: read },
  'POST /applications/{application}/challenges': { may: read, send: give({ name: '某某', reason: '亲属' }), spends: true },
  'GET /reviews/{application}/challenges': { may: seated },
  'POST /reviews/{application}/challenges': { may: seated, send: give({ name: '某某', reason: '亲属' }), spends: true },
  'GET /discussions/{application}': { may: sheet },
  'PUT /discussions/{application}/opinion': { may: (p, s) => (sheet(p, s) !== 'ok' ? '404' : !p.leads ? '403' : s === 'panel_review' ? 'ok' : 'state'), send: give({ opinion: 'recommend', text: '同意' }, { 'If-Match': '"0"' }) },
  'POST /reviews/{application}/recusal': { may: recuse, send: give({ reason: '亲属' }), spends: true },
  'POST /notices': { may: publicise, send: (id) => ({ body: { applications: [id] } }), spends: true },
  ...Object.fromEntries(actions.map((action) => [`POST /applications/{application}/actions/${action}`, { may: perform(action), send: give(['return', 'return_to_unit', 'supplement', 'reject'].includes(action) ? reasons : {}), spends: true, row: 'POST /applications/{application}/actions/{action}' }])),
};

// --- everything else: who may do it to the one record that there is ---------------------------------------

const all = () => 'ok';
/** These people pass; others with a fitting role get `rest`. */
const only = (names, rest = '404') => (p, name) => (names.split(' ').includes(name) ? 'ok' : rest);
const series = only('office selfish bureau supervisor'); // reads what belongs to the series
/** Who runs or watches the review of the series sees what a standard would do to it. */
const tries = only('office selfish bureau supervisor admin');
const runs = only('office selfish');
const pays = only('office selfish bureau');
const sits = only('office selfish bureau supervisor chair lead panellist member recused');
/** Its clerk knows the meeting, and has no vote. */
const votes = (p, name) => (p.sits ? 'ok' : name === 'selfish' ? '403' : '404');
const chairs = (p, name) => (name === 'chair' ? 'ok' : p.sits || name === 'selfish' ? '403' : '404');
const trustees = (p, name) => (['chair', 'supervisor', 'office'].includes(name) ? 'ok' : p.sits || name === 'selfish' ? '403' : '404');
const leads = (p, name) => (['office', 'selfish', 'chair'].includes(name) ? 'ok' : p.sits ? '403' : '404');

/** Routes with a record, and writes. A read without a record is for everybody whom its row names. */
export const otherRoutes = {
  'POST /account/password': { may: all, send: give({}) },
  'POST /account/second-factor': { may: all },
  'POST /account/second-factor/confirm': { may: all, send: give({ one_time_code: '1' }) },
  'POST /account/second-factor/recovery-codes': { may: all },
  'DELETE /account/second-factor': { may: all },
  'DELETE /account/sessions': { may: all },
  'DELETE /account/sessions/{session}': { may: all }, // one that is not his own is left alone
  'POST /accounts': { may: all, send: give({}) },
  'GET /accounts/{account}': { may: all },
  'POST /accounts/{account}/disable': { may: all },
  'POST /accounts/{account}/enable': { may: all },
  'POST /accounts/{account}/grants': { may: all, send: give({ role: 'unit', scope: 'none' }) },
  'DELETE /accounts/{account}/grants/{role}': { may: all, query: (e) => `?scope=${e.city.unit.id}` },
  'POST /accounts/{account}/password': { may: all, send: give({ password: '1' }) },
  'DELETE /accounts/{account}/second-factor': { may: all },
  'POST /accounts/{account}/unlock': { may: all },
  'GET /accounts/{account}/sessions': { may: all },
  'DELETE /accounts/{account}/sessions': { may: all },
  'POST /applications': { may: all, send: give({ cycle: '01ARZ3NDEKTSV4RRFFQ69G5FAV', level: 'x', specialty: 'y' }) },
  'GET /certificates/{number}': { may: all, query: (e) => `?code=${e.certificate.check_code}` },
  'GET /certificates/{number}/qr': { may: all, query: (e) => `?code=${e.certificate.check_code}` },
  'POST /committees': { may: only('office selfish', '403'), send: give({ series: 'teacher', level: 'senior', name: '高级评委会', founding_unit: '市教育局' }) },
  'GET /committees/{committee}': { may: series },
  'PUT /committees/{committee}': { may: runs, send: give({ name: '评委会', founding_unit: '市教育局' }) },
  'GET /committees/{committee}/edit': { may: series },
  'POST /committees/{committee}/submit': { may: runs },
  'POST /committees/{committee}/approve': { may: all, send: give({ reference: '1', approved_on: '2026-01-05' }) },
  'POST /committees/{committee}/refuse': { may: all, send: give({ reason: '须补正' }) },
  'POST /committees/{committee}/withdraw': { may: only('office selfish bureau'), send: give({ reason: '重组' }) }, // it meets just now
  'DELETE /committees/{committee}/changes': { may: runs },
  'POST /committees/{committee}/members': { may: runs, send: (id, e) => ({ body: { account_id: e.people.outsider.account.id, position: 'member', outside_reason: '专家库人数不足' } }) },
  'DELETE /committees/{committee}/members/{account}': { may: runs },
  'POST /complaints': { may: all, send: give({}) },
  'POST /receipts': { may: all, send: give({ receipt_number: 'XF-2026-99999999', receipt_code: 'x' }) },
  'GET /complaints/{complaint}': { may: only('bureau selfish supervisor') },
  ...Object.fromEntries([['accept', {}], ['refer', { answer: '请向单位反映。' }], ['investigate', {}], ['answer', { answer: '经核查不属实。' }], ['close', {}]].map(([step, body]) => [`POST /complaints/{complaint}/${step}`, { may: (p, name) => ({ bureau: 'ok', selfish: '403', supervisor: '403' })[name] ?? '404', send: give(step === 'investigate' ? { outcome: 'partly', finding: '经核查，部分属实，已整改。' } : body) }])),
  'POST /complaints/{complaint}/files': { may: (p, name) => ({ bureau: 'ok', selfish: '403', supervisor: '403' })[name] ?? '404', send: () => ({ file: Buffer.from('MZ no picture'), bare: true }) },
  'GET /complaints/{complaint}/files/{file}': { may: () => '404' },
  'POST /complaints/{complaint}/assign': { may: only('bureau selfish supervisor'), send: give({ person: 'nobody' }) },
  'POST /complaints/{complaint}/hold': { may: (p, name) => (name === 'bureau' ? 'ok' : '403'), send: give({}) },
  'POST /cycles': { may: all, send: give({}) },
  'GET /cycles/{cycle}': { may: all },
  'PUT /cycles/{cycle}': { may: all, send: (id, e) => ({ body: { series: 'teacher', year: 2026, name: '改名', notice_number: '1', notice_text: '1', notice_date: '2026-08-01', cutoff_date: '2026-08-31', opens_on: '2026-09-01', closes_on: '2026-10-01' }, headers: stale }) },
  'POST /cycles/{cycle}/open': { may: all },
  'POST /cycles/{cycle}/close': { may: all, send: give({}) },
  'POST /cycles/{cycle}/extend': { may: all, send: give({}) },
  'POST /cycles/{cycle}/windows': { may: all, send: give({}) },
  'GET /cycles/{cycle}/edit': { may: all },
  'GET /cycles/{cycle}/timeline': { may: all },
  'GET /cycles/{cycle}/recheck': { may: all },
  'GET /cycles/{cycle}/ranking': { may: only('office selfish bureau supervisor', '403') },
  'POST /cycles/{cycle}/ranking/choice': { may: all, send: give({ chosen: ['x'], reason: '择优确定' }) },
  'POST /cycles/{cycle}/ranking/revote': { may: only('office selfish bureau', '403'), send: give({ division: '650121', level: 'intermediate', reason: '超过岗位数，重新表决' }) },
  'GET /rankings/{ranking}': { may: series },
  'POST /cycles/{cycle}/result-notice': { may: only('office selfish bureau', '403') },
  'POST /demo/advance': { may: all, send: give({}) },
  'POST /demo/begin': { may: all, send: give({}) },
  'POST /quota/entries': { may: all, send: give({}) },
  'POST /deliveries/{delivery}/retry': { may: all },
  'POST /deliveries/{delivery}/give-up': { may: all, send: give({ reason: '停' }) },
  'POST /deliveries/{delivery}/receipt': { may: all, send: give({ receipt: 'R-1' }) },
  'POST /deliveries/{delivery}/rejection': { may: all, send: give({ reason: '格式' }) },
  'POST /draws': { may: only('office selfish', 'field'), send: (id, e) => ({ body: { committee_id: e.committee, kind: 'committee', size: 99 } }) },
  'GET /draws/{draw}': { may: series },
  'GET /draws/{draw}/commitment': { may: all },
  'GET /draws/{draw}/file': { may: series },
  'POST /draws/{draw}/witness': { may: all, send: give({ number: 'x' }) },
  'POST /draws/{draw}/reveal': { may: runs },
  'POST /draws/{draw}/no-answer': { may: runs, send: give({ account_id: 'nobody', reason: '未接电话' }) },
  'POST /draws/{draw}/close': { may: runs },
  'POST /draws/{draw}/cancel': { may: runs, send: give({ reason: '条件有误' }) },
  'POST /draws/{draw}/answer': { may: only(''), send: give({ answer: 'confirmed' }) }, // nobody is invited yet
  'POST /experts/{expert}/confirm': { may: only('recused') }, // whose entry it is
  'POST /experts/{expert}/suspend': { may: runs, send: give({ reason: '出国' }) },
  'POST /experts/{expert}/resume': { may: runs },
  'POST /messages/settings': { may: all, send: give({ notify: 'sms', language: 'zh' }) },
  'POST /filings': { may: all, send: (id, e) => ({ body: { cycle_id: e.city.cycle.id } }) },
  'GET /filings/{filing}': { may: series },
  'GET /filings/{filing}/people': { may: series },
  'GET /filings/{filing}/print': { may: series },
  'POST /filings/{filing}/consent': { may: all, send: () => ({ file: Buffer.from('MZ no picture') }) },
  'GET /filings/{filing}/consent': { may: series },
  'POST /filings/reconciliations': { may: all, send: give({ year: 2026 }) },
  'POST /filings/{filing}/send': { may: all },
  'POST /filings/{filing}/ask': { may: all },
  'POST /filings/{filing}/approve': { may: all, send: give({ reference: '1', approved_on: '2026-01-05' }) },
  'POST /filings/{filing}/refuse': { may: all, send: give({ reason: '不符' }) },
  'POST /filings/{filing}/certify': { may: all },
  'POST /integrity': { may: all, send: give({}) },
  'GET /integrity/{record}': { may: only('bureau selfish supervisor colleague') },
  'POST /integrity/{record}/answer': { may: (p, name) => ({ colleague: 'ok', bureau: '403', selfish: '403', supervisor: '403' })[name] ?? '404', send: give({ text: '情况说明。' }) },
  'POST /integrity/{record}/confirm': { may: all },
  'POST /integrity/{record}/withdraw': { may: all, send: give({}) },
  'POST /jobs/{job}/retry': { may: all },
  'GET /ledger/checkpoints/{size}': { may: all },
  'GET /ledger/checkpoints/{size}/note': { may: all },
  'GET /ledger/checkpoints/{size}/qr': { may: all },
  'POST /meetings': { may: only('office selfish', 'field'), send: (id, e) => ({ body: { committee_id: e.committee, cycle_id: e.city.cycle.id, name: '又一次', held_on: '2026-12-01' } }) },
  'GET /meetings/{meeting}': { may: sits },
  'GET /meetings/{meeting}/live': { may: sits, stream: true },
  'GET /meetings/{meeting}/progress': { may: sits },
  'GET /meetings/{meeting}/minutes': { may: sits, meeting: 'closed' },
  'GET /meetings/{meeting}/tally': { may: sits, meeting: 'closed' },
  'GET /meetings/{meeting}/ballots': { may: (p, name) => (name === 'selfish' ? 'ok' : votes(p, name)) },
  'GET /meetings/{meeting}/motions/{motion}': { may: only('office bureau supervisor chair lead panellist member') }, // the others would have to recuse
  'POST /meetings/{meeting}/agenda': { may: runs, send: give({}) },
  'POST /meetings/{meeting}/acting-chair': { may: runs, send: give({ account_id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }) },
  'POST /meetings/{meeting}/attendance': { may: votes },
  'POST /meetings/{meeting}/ballots': { may: (p, name) => (name === 'recused' ? '403' : votes(p, name)), send: give({ choices: {} }) },
  'POST /meetings/{meeting}/credentials': { may: votes, send: give({ keys: {} }) },
  'POST /meetings/{meeting}/close': { may: chairs },
  'GET /meetings/{meeting}/elections/{election}': { may: only('office selfish bureau supervisor chair lead panellist member') },
  'POST /meetings/{meeting}/elections/begin': { may: chairs },
  'POST /meetings/{meeting}/elections/close': { may: leads, send: give({}) },
  'POST /meetings/{meeting}/elections/{election}/announce': { may: chairs },
  'POST /meetings/{meeting}/minutes/sign': { may: (p, name) => (['chair', 'supervisor'].includes(name) ? 'ok' : p.sits || name === 'selfish' ? '403' : '404'), meeting: 'closed' },
  'POST /meetings/{meeting}/elections/{election}/annul': { may: chairs, send: give({ reason: '有误' }), last: true },
  'POST /meetings/{meeting}/elections/{election}/factors': { may: trustees, send: give({ factors: '{}' }) },
  'GET /meetings/{meeting}/trustees': { may: sits },
  'POST /meetings/{meeting}/trustees': { may: (p, name) => (name === 'selfish' ? 'ok' : trustees(p, name)), send: give({ message: '{}' }) },
  'POST /meetings/{meeting}/trustees/restart': { may: chairs, send: give({ reason: '丢失' }) },
  'POST /meetings/{meeting}/motions/open': { may: leads, send: give({}) },
  'POST /meetings/{meeting}/open': { may: leads },
  'POST /messages/read': { may: all, send: give({}) },
  'GET /notices/{notice}': { may: all },
  'POST /notices/{notice}/confirm': { may: all },
  'POST /notices/{notice}/objections': { may: all, send: (id, e) => ({ body: { application: e.dossiers.own, text: '任教年限与事实不符，请核实。' } }) },
  'GET /objections/{objection}': { may: only('unit selfish supervisor') },
  'POST /objections/{objection}': { may: only('unit selfish'), send: give({ outcome: 'dismissed', finding: '经核查属实。' }) },
  'POST /payments/notifications': { may: () => '403', send: give({ order: 'PAY-1', payment: 'p', amount_cents: 1, paid_on: '2026-01-05', signature: '0' }) },
  'POST /payments/statements': { may: all, send: give({ day: '2026-01-05' }) },
  'POST /payments/{payment}/settle': { may: all, send: give({ note: '已核对' }) },
  'POST /payments/{payment}/refund': { may: pays, send: give({ note: '已核对' }) },
  'POST /refunds/{refund}/decide': { may: pays, send: give({ outcome: 'approve' }) },
  'POST /refunds/{refund}/receipt': { may: pays, send: give({ receipt: '1' }) },
  'POST /panels': { may: only('office selfish', 'field'), send: (id, e) => ({ body: { committee_id: e.committee, cycle_id: e.city.cycle.id, name: '二组', members: [], lead: 'x' } }) },
  'GET /panels/{panel}': { may: series },
  'POST /panels/{panel}/members': { may: runs, send: give({ account_id: 'nobody' }) },
  'POST /panels/{panel}/assignments': { may: runs, send: give({}) },
  'GET /panels/{panel}/assignments': { may: series },
  'GET /panels/{panel}/assignments/{run}': { may: only('') }, // nothing was computed here
  'POST /panels/{panel}/close': { may: runs, send: give({ application_id: 'none' }) },
  'POST /plugins': { may: all, send: give({ series: 'nosuch', hash: 'x' }) },
  'POST /pools': { may: only('office selfish', '403'), send: give({ series: 'teacher', tier: 'general' }) },
  'GET /pools/{pool}': { may: series },
  'POST /pools/{pool}/experts': { may: runs, send: give({ login: 'nobody', title_level: 'senior', specialties: ['chinese'], term_from: '2026-01-01', term_until: '2028-01-01' }) },
  'POST /pools/{pool}/import': { may: runs, send: give({ table: 'login' }) },
  'POST /pools/{pool}/submit': { may: runs },
  'POST /pools/{pool}/approve': { may: all, send: give({ reference: '1', approved_on: '2026-01-05' }) },
  'POST /pools/{pool}/refuse': { may: all, send: give({ reason: '须补正' }) },
  'POST /queue/take': { may: all, send: give({ state: 'nosuch' }) },
  'GET /series/{series}': { may: all },
  'GET /reexaminations/{reexamination}': { may: only('bureau selfish supervisor') },
  'POST /reexaminations/{reexamination}': { may: all, send: give({}) },
  'POST /challenges/{challenge}': { may: only('office selfish supervisor'), send: give({ outcome: 'dismissed', because: '不是同一人' }) },
  'POST /recusals/lift': { may: only('office selfish supervisor'), send: (id, e) => ({ body: { application_id: e.dossiers.own, account_id: e.people.recused.account.id, kind: 'same_unit', because: '不是同一人' } }) },
  'POST /ties': { may: all, send: give({}) },
  'DELETE /ties/{tie}': { may: only('owner') },
  'POST /reviews/form': { may: all, send: () => ({ file: Buffer.from('no table') }) },
  'GET /titles/{title}/revocation': { may: only('bureau selfish') },
  'POST /titles/{title}/revocation': { may: all, send: give({ kind: 'plagiarism' }) },
  'GET /revocations/{revocation}': { may: only('bureau selfish supervisor') },
  'POST /revocations/{revocation}/decide': { may: all },
  'POST /revocations/{revocation}/drop': { may: all, send: give({}) },
  'POST /session': { may: all, send: give({}) },
  'POST /session/code': { may: all, send: give({}) },
  'POST /session/step-up': { may: all, send: give({}) },
  'DELETE /session': { may: all, last: true },
  'POST /session/end': { may: all, last: true },
  'POST /standards': { may: all, send: give({}) },
  'POST /standards/check': { may: all, send: give({}) },
  'GET /standards/{standard}': { may: all },
  'PUT /standards/{standard}': { may: all, send: give({ source: '1' }, stale) },
  'DELETE /standards/{standard}': { may: all },
  'GET /standards/{standard}/cases': { may: tries },
  'POST /standards/{standard}/cases': { may: all, send: give({ file: 'nosuch.json', arithmetic: '1 + 1 = 2' }) },
  'GET /standards/{standard}/diff': { may: all },
  'GET /standards/{standard}/edit': { may: all },
  'GET /standards/{standard}/live': { may: all, stream: true },
  'POST /standards/{standard}/release': { may: all, send: give({}) },
  'POST /standards/{standard}/rollback': { may: all, send: give({}) },
  'POST /standards/{standard}/activate': { may: all },
  'POST /standards/{standard}/approve': { may: all },
  'POST /standards/{standard}/quarantine/lift': { may: all, send: give({ reason: '已修改' }) },
  'GET /standards/{standard}/trials': { may: tries },
  'POST /standards/{standard}/trials': { may: all, send: give({ cycle: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }) },
  'GET /trials/{trial}': { may: tries },
  'POST /trials/{trial}/cancel': { may: all },
  'GET /trials/{trial}/dossiers': { may: tries },
  'GET /trials/{trial}/dossiers/{dossier}': { may: tries },
  'GET /trials/{trial}/live': { may: tries, stream: true },
  'GET /titles/{title}': { may: only('holder unit industry hr selfish bureau supervisor') },
  'GET /titles/{title}/print': { may: only('holder unit industry hr selfish bureau supervisor') },
  'GET /titles/{title}/pdf': { may: only('holder unit industry hr selfish bureau supervisor') },
  'POST /titles/{title}/appointment': { may: only('unit otherUnit selfish bureau'), send: give({}) },
  'POST /titles/{title}/pay': { may: only('unit otherUnit selfish bureau'), send: give({}) },
  'POST /titles/{title}/transfer': { may: all, send: give({}) },
  'POST /titles/{title}/retirement': { may: all, send: give({}) },
  'GET /ladders/{account}': { may: only('selfish bureau supervisor') },
  'POST /ladders/{account}/titles': { may: all, send: give({}) },
  'POST /ladders/{account}/titles/{held}/confirm': { may: () => '404' },
  'POST /ladders/{account}/titles/{held}/withdraw': { may: () => '404', send: give({ note: '误登' }) },
  'POST /units': { may: all, send: give({}) },
  'GET /units/{unit}': { may: all },
  'PUT /units/{unit}': { may: all, send: give({}) },
};

/** The answer that this person must get. */
export function expected(row, route, person, name, state) {
  if (!row.roles.includes('public') && !person.roles.length) return '401';
  if (!row.roles.includes('public') && !row.roles.some((role) => person.roles.includes(role))) return '403';
  return state ? route.may(person, state) : route.may(person, name);
}

const wrongState = ['state_wrong', 'not_editable', 'not_verifying', 'not_submitted', 'panel_closed', 'not_failed'];
const inside = ['section_unknown', 'item_unknown', 'grant_unknown']; // of a record that is there

/** What a reply says about access. */
export function classify({ status, body }) {
  const key = body?.key ?? '';
  if (status === 409 && wrongState.includes(key)) return 'state';
  if (status === 404 && inside.includes(key)) return 'ok';
  if (status === 422 && ['applications', 'committee_id'].includes(body?.errors?.[0]?.field) && body.errors[0].code === 'choice') return 'field';
  if (status < 400 || [409, 412, 415, 422, 423, 428].includes(status)) return 'ok';
  return String(status);
}
