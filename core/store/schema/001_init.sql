-- The first schema. Portable to PostgreSQL: standard types, no rowid. Times are ISO 8601 UTC text with
-- milliseconds, dates ISO text (Asia/Shanghai calendar days), points and money integers in hundredths,
-- ids ULIDs. JSON and BOOLEAN columns are recognised by their declared type.

create table setting (
    name text primary key,
    value text not null
);

-- Who is where --------------------------------------------------------------------------------------

create table division (            -- GB/T 2260 districts and counties
    code text primary key,
    name text not null
);
-- Urumqi. Other cities change the rows, not the code.
insert into division (code, name) values
    ('650102', '天山区'), ('650103', '沙依巴克区'), ('650104', '新市区'), ('650105', '水磨沟区'),
    ('650106', '头屯河区'), ('650107', '达坂城区'), ('650109', '米东区'), ('650121', '乌鲁木齐县');

create table unit (
    id text primary key,
    name text not null,
    uscc text not null default '',             -- GB 32100 code
    division_code text not null references division(code),
    town text not null default '',
    kind text not null,                        -- school | kindergarten | agri_station | clinic ...
    grassroots text not null,                  -- township | agri_street | village | none
    hardship boolean not null default false    -- village school, teaching point, pastoral area
);
create index unit_division on unit(division_code);

create table account (
    id text primary key,
    login text not null unique,
    name text not null,
    password_hash text not null,               -- argon2id; '' = cannot log in
    unit_id text references unit(id),
    person json not null default '{}',         -- sex, birth_date, ethnicity, in_service ...: no numbers
    id_number_sealed text not null default '', -- encrypted; base64
    id_number_key text unique,                 -- keyed hash: one person, one account
    phone_sealed text not null default '',
    must_change boolean not null default false,
    disabled boolean not null default false,
    created_at text not null
);

create table account_grant (
    account_id text not null references account(id),
    role text not null,
    scope text not null default '',
    granted_by text not null,
    granted_at text not null,
    primary key (account_id, role, scope)
);
create index account_grant_role on account_grant(role, scope);

-- The year ------------------------------------------------------------------------------------------

create table cycle (
    id text primary key,
    series text not null,
    year integer not null,
    name text not null,
    notice_number text not null,
    notice_text text not null,
    notice_date text not null,
    cutoff_date text not null,                 -- facts count up to this day
    opens_on text not null,
    closes_on text not null,                   -- submission ends 24:00 of this day
    parameters json not null default '{}',     -- return_days, supplement_days, notice_days, fee_cents by level, panel_minimum ...
    state text not null default 'planned',     -- planned | open | closed
    created_by text not null,
    created_at text not null,
    version integer not null default 1
);
create index cycle_series on cycle(series, year);

-- Dossiers ------------------------------------------------------------------------------------------

create table application (
    id text primary key,
    number text unique,                        -- receipt number, given at the first submission
    cycle_id text not null references cycle(id),
    account_id text not null references account(id),
    unit_id text not null references unit(id),
    division_code text not null references division(code), -- the unit's, so that scopes need no join
    series text not null,
    level text not null,
    specialty text not null,
    track text not null default 'directed',
    year integer not null,
    state text not null default 'draft',
    returned_to text not null default '',      -- state a returned or supplemented dossier goes back to
    supplemented boolean not null default false, -- the office asks once only
    due_at text,                               -- of the present holder
    content json not null default '{}',        -- the draft: {section: {field: value} or [{...}]}
    pledge_at text,                            -- when the pledge of truth and the track's consequences were signed
    snapshot_id text,
    score_id text,                             -- the official one
    created_at text not null,
    updated_at text not null,
    submitted_at text,
    state_at text not null,
    version integer not null default 1
);
create index application_queue on application(state, series, division_code, state_at);
create index application_unit on application(unit_id, state);
create index application_person on application(account_id, year);
create index application_cycle on application(cycle_id, state);
-- One track, one dossier a person and year, unless given up.
create unique index application_once on application(account_id, year)
    where state not in ('withdrawn', 'abandoned', 'rejected');

create table snapshot (                        -- immutable: what was submitted
    id text primary key,
    application_id text not null references application(id),
    sequence integer not null,
    dossier json not null,                     -- content, person, unit, evidence hashes (the plugin's input)
    hash text not null,                        -- SM3 of the canonical JSON
    plugin_version text not null,
    created_at text not null,
    unique (application_id, sequence)
);

create table evidence_file (
    hash text primary key,                     -- SHA-256
    size integer not null,
    type text not null,
    created_at text not null
);

create table evidence (
    id text primary key,
    application_id text not null references application(id),
    section text not null,
    item text not null default '',             -- id of the repeated item, '' for a plain section
    hash text not null references evidence_file(hash),
    name text not null,
    uploaded_at text not null,
    removed_at text
);
create index evidence_application on evidence(application_id);

create table assessment (                      -- sections that an official fills in (form.json "by")
    application_id text not null references application(id),
    section text not null,
    content json not null,
    account_id text not null references account(id),
    at text not null,
    primary key (application_id, section)
);

create table verification (                    -- one verdict per item and stage
    application_id text not null references application(id),
    stage text not null,                       -- unit | district_industry | district_hr | office
    section text not null,
    item text not null default '',
    verdict text not null,                     -- ok | problem
    code text not null default '',
    note text not null default '',
    account_id text not null references account(id),
    at text not null,
    primary key (application_id, stage, section, item)
);

create table return_order (                    -- a return or the office's one supplement request
    id text primary key,
    application_id text not null references application(id),
    stage text not null,
    kind text not null,                        -- return | supplement | reject
    note text not null default '',
    due_at text,
    account_id text not null references account(id),
    at text not null,
    answered_at text
);
create index return_order_application on return_order(application_id);

create table return_reason (
    return_id text not null references return_order(id),
    sequence integer not null,
    code text not null,
    section text not null,
    item text not null default '',
    field text not null default '',
    text text not null default '',
    primary key (return_id, sequence)
);

create table transition (                      -- the timeline
    id text primary key,
    application_id text not null references application(id),
    action text not null,
    from_state text not null,
    to_state text not null,
    actor text not null,                       -- account id or 'system'
    role text not null default '',             -- in which role
    note text not null default '',
    at text not null
);
create index transition_application on transition(application_id, at);

create table fee (
    application_id text primary key references application(id),
    amount_cents integer not null,
    receipt text not null,
    paid_on text not null,
    account_id text not null references account(id),
    at text not null
);

create table public_notice (
    id text primary key,
    kind text not null,                        -- unit | result
    cycle_id text not null references cycle(id),
    unit_id text references unit(id),          -- unit notices
    title text not null,
    starts_on text not null,                   -- day of publication, not counted
    ends_on text not null,                     -- 24:00 of this day
    working_days integer not null,
    calendar_confirmed boolean not null,
    state text not null default 'open',        -- open | ended
    created_by text not null,
    created_at text not null
);
create index public_notice_cycle on public_notice(cycle_id);
create index public_notice_open on public_notice(id) where state = 'open';

create table public_notice_entry (
    notice_id text not null references public_notice(id),
    application_id text not null references application(id),
    listed json not null,                      -- what the public sees: name, unit, specialty, level, result
    primary key (notice_id, application_id)
);
create index public_notice_entry_application on public_notice_entry(application_id);

create table objection (
    id text primary key,
    notice_id text not null references public_notice(id),
    application_id text not null references application(id),
    text text not null,
    contact_sealed text not null default '',
    received_at text not null,
    finding text not null default '',
    upheld boolean,
    decided_by text,
    decided_at text
);
create index objection_notice on objection(notice_id);
create index objection_application on objection(application_id);

-- Scoring -------------------------------------------------------------------------------------------

create table standard (
    id text primary key,
    series text not null,
    level text not null,
    version integer not null,
    state text not null,                       -- draft | trial | approved | active | retired
    source text not null,
    hash text not null,                        -- SM3 of the source
    outline json not null default '[]',        -- the table as people read it, from the scorer's check
    author text not null,
    approved_by text,
    created_at text not null,
    activated_at text,
    unique (series, level, version)
);

create table fact_set (
    id text primary key,
    application_id text not null references application(id),
    snapshot_hash text not null,
    plugin_version text not null,
    cutoff_date text not null,
    facts json not null,
    gates json not null,
    at text not null
);
create index fact_set_application on fact_set(application_id);

create table score (
    id text primary key,
    application_id text not null references application(id),
    fact_set_id text not null references fact_set(id),
    standard_id text not null references standard(id),
    standard_hash text not null,
    plugin_version text not null,
    snapshot_hash text not null,
    expert json not null,                      -- aggregated expert points used, {} before the panel
    total integer not null,                    -- hundredths
    vetoed boolean not null default false,
    breakdown json not null,
    at text not null
);
create index score_application on score(application_id, at);

-- Committee, panel, meeting -------------------------------------------------------------------------

create table committee (
    id text primary key,
    series text not null,
    level text not null,                       -- level it may review
    name text not null,
    founding_unit text not null,
    created_at text not null
);

create table committee_member (
    committee_id text not null references committee(id),
    account_id text not null references account(id),
    position text not null default 'member',   -- chair | deputy | member
    primary key (committee_id, account_id)
);
create index committee_member_account on committee_member(account_id);

create table panel (
    id text primary key,
    committee_id text not null references committee(id),
    cycle_id text not null references cycle(id),
    name text not null,
    created_by text not null,
    created_at text not null
);
create index panel_cycle on panel(cycle_id);
create index panel_committee on panel(committee_id);

create table panel_member (
    panel_id text not null references panel(id),
    account_id text not null references account(id),
    lead boolean not null default false,
    primary key (panel_id, account_id)
);
create index panel_member_account on panel_member(account_id);

create table panel_assignment (
    panel_id text not null references panel(id),
    application_id text not null unique references application(id),
    sequence integer not null,
    assigned_at text not null,
    primary key (panel_id, application_id)
);

create table recusal (
    account_id text not null references account(id),
    application_id text not null references application(id),
    kind text not null,                        -- own | same_unit | declared
    reason text not null default '',
    at text not null,
    primary key (account_id, application_id)
);
create index recusal_application on recusal(application_id);

create table sheet (                           -- one expert's score sheet for one dossier
    id text primary key,
    panel_id text not null references panel(id),
    application_id text not null references application(id),
    account_id text not null references account(id),
    points json not null default '{}',         -- {indicator id: hundredths}
    comment text not null default '',
    opinion text not null default '',          -- recommend | reserve | against
    submitted_at text,
    updated_at text not null,
    version integer not null default 1,
    unique (application_id, account_id)
);

create table meeting (
    id text primary key,
    committee_id text not null references committee(id),
    cycle_id text not null references cycle(id),
    name text not null,
    held_on text not null,
    state text not null default 'planned',     -- planned | open | closed
    members integer not null default 0,        -- committee size when opened
    present integer not null default 0,        -- attendance when opened
    opened_at text,
    closed_at text,
    minutes json,
    created_by text not null,
    created_at text not null,
    version integer not null default 1
);
create index meeting_committee on meeting(committee_id);
create index meeting_cycle on meeting(cycle_id);

create table attendance (
    meeting_id text not null references meeting(id),
    account_id text not null references account(id),
    at text not null,
    primary key (meeting_id, account_id)
);

create table motion (                          -- one dossier put to the vote
    id text primary key,
    meeting_id text not null references meeting(id),
    application_id text not null references application(id),
    sequence integer not null,
    state text not null default 'waiting',     -- waiting | voting | counted
    present integer not null default 0,
    yes integer not null default 0,
    no integer not null default 0,
    abstain integer not null default 0,
    passed boolean,
    counted_at text,
    unique (meeting_id, application_id)
);
create index motion_application on motion(application_id);

create table ballot_cast (                     -- who has voted, never what
    motion_id text not null references motion(id),
    account_id text not null references account(id),
    primary key (motion_id, account_id)
);

create table ballot (                          -- what was voted, never who nor when: ids are random
    id text primary key,
    motion_id text not null references motion(id),
    choice text not null                       -- y | n | a, sealed: the log of the store keeps every
                                               -- state between two votes
);
create index ballot_motion on ballot(motion_id);

-- After the vote ------------------------------------------------------------------------------------

create table filing (
    id text primary key,
    cycle_id text not null references cycle(id),
    kind text not null,                        -- plan | results
    state text not null default 'prepared',    -- prepared | sent | approved | refused
    package json not null,
    package_hash text not null,
    reference text not null default '',        -- the approving authority's number
    approved_on text,
    created_by text not null,
    created_at text not null
);
create index filing_cycle on filing(cycle_id);

create table filing_entry (
    filing_id text not null references filing(id),
    application_id text not null references application(id),
    primary key (filing_id, application_id)
);
create index filing_entry_application on filing_entry(application_id);

create table title (
    id text primary key,
    number text not null unique,               -- certificate number
    check_code text not null unique,           -- random, in the QR code
    application_id text not null unique references application(id),
    account_id text not null references account(id),
    series text not null,
    level text not null,
    specialty text not null,
    name text not null,                        -- title in words
    track text not null,
    awarded_on text not null,
    state text not null default 'valid',       -- valid | suspended | converted | revoked
    listed json not null,                      -- what the check page shows
    issued_by text not null,
    issued_at text not null
);
create index title_account on title(account_id);
create index title_level on title(series, level);

-- The machinery -------------------------------------------------------------------------------------

create table message (                         -- what a person is told
    id text primary key,
    account_id text not null references account(id),
    application_id text references application(id),
    kind text not null,
    parameters json not null default '{}',
    at text not null,
    read_at text
);
create index message_account on message(account_id, at);
create index message_application on message(application_id);

create table outbox (
    id text primary key,                       -- ULID: order of creation
    kind text not null,
    payload json not null,
    created_at text not null,
    attempts integer not null default 0,
    failure text not null default '',
    done_at text
);
create index outbox_open on outbox(id) where done_at is null;
-- The two questions of every commit's pump, each answered from the front however long the backlog is.
create index outbox_live on outbox(id) where done_at is null and kind = 'live';
create index outbox_due on outbox(attempts, id) where done_at is null and kind <> 'live';

create table ledger (
    sequence integer primary key,
    at text not null,
    actor text not null,
    action text not null,
    subject text not null,
    payload json,
    payload_hash text not null,
    previous_hash text not null,
    hash text not null
);
create index ledger_subject on ledger(subject);

create table idempotency (
    account_id text not null,
    key text not null,
    route text not null,
    body_hash text not null,
    status integer not null,
    reply json,
    location text not null default '',
    at text not null,
    primary key (account_id, key)
);
create index idempotency_at on idempotency(at);
