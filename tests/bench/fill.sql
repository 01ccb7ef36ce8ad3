-- Fills titled's own database with :n dossiers of :n / 4 applicants in :n / 500 units, over four years and
-- all states, with their timelines and as many ledger entries. Numbers stand in for chance, so that two
-- fillings are equal. Run by list.mjs on records at rest.
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -600000;
pragma foreign_keys = off;
begin;

create temp table syllable(i integer primary key, family text, given text);
insert into syllable values
    (0, '王', '芳'), (1, '李', '敏'), (2, '张', '静'), (3, '刘', '丽'), (4, '陈', '强'), (5, '杨', '磊'), (6, '赵', '军'),
    (7, '黄', '洋'), (8, '周', '勇'), (9, '吴', '艳'), (10, '徐', '杰'), (11, '孙', '娟'), (12, '胡', '涛'), (13, '朱', '明'),
    (14, '高', '超'), (15, '林', '霞'), (16, '何', '平'), (17, '郭', '刚'), (18, '马', '桂'), (19, '罗', '英');
create temp table place(i integer primary key, code text);
insert into place select row_number() over (order by code) - 1, code from division;
create temp table stage(i integer primary key, state text);
with recursive weight(state, many) as (values
    ('draft', 4), ('submitted', 6), ('unit_review', 6), ('unit_notice', 4), ('district_industry_review', 14),
    ('district_hr_review', 6), ('office_review', 8), ('fee_due', 2), ('accepted', 6), ('panel_review', 6),
    ('committee_vote', 4), ('passed', 2), ('failed', 6), ('result_notice', 4), ('confirmed', 4), ('filed', 4),
    ('certified', 10), ('appointed', 2), ('withdrawn', 2)),
    each(state, left) as (select state, many from weight union all select state, left - 1 from each where left > 1)
insert into stage select row_number() over (order by state, left) - 1, state from each;

insert into unit(id, name, division_code, kind, grassroots)
    with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :n / 500)
    select printf('01BENCHV%018d', i), '第' || i || '中心小学', (select code from place where place.i = n.i % 8), 'school', 'township' from n;

insert into account(id, login, name, password_hash, unit_id, created_at)
    with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :n / 4)
    select printf('01BENCHA%018d', n.i), 'person' || n.i, s.family || g.given || h.given, '', printf('01BENCHV%018d', n.i % (:n / 500)), '2023-01-01T00:00:00.000Z'
    from n join syllable s on s.i = n.i * 7919 % 20 join syllable g on g.i = n.i / 20 % 20 join syllable h on h.i = n.i / 400 % 20;
insert into account_grant(account_id, role, scope, granted_by, granted_at)
    select id, 'applicant', '', 'bench', created_at from account where id like '01BENCHA%';

insert into cycle(id, series, year, name, notice_number, notice_text, notice_date, cutoff_date, opens_on, closes_on, state, created_by, created_at)
    with y(year) as (values (2023), (2024), (2025), (2026)), s(series, k) as (values ('teacher', 0), ('health', 1), ('agriculture', 2))
    select printf('01BENCHC%014d%04d', k, year), series, year, year || ' 定向评审', 'n', 'n', year || '-08-01', year || '-08-31',
        year || '-09-01', year || '-12-31', 'open', 'bench', year || '-08-01T00:00:00.000Z' from y, s;

insert into application(id, number, cycle_id, account_id, unit_id, division_code, series, level, specialty, year, state, due_at, content,
                        created_at, updated_at, submitted_at, state_at)
    with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :n),
    d(i, year, person, state, at) as (
        select n.i, 2023 + n.i * 4 / :n, n.i % (:n / 4), case when n.i % (:n / 100) = 5 then 'objection_hold' else stage.state end,
            strftime('%Y-%m-%dT%H:%M:%S', 1672531200 + n.i * 126000000 / :n, 'unixepoch') || '.000Z'
        from n join stage on stage.i = n.i * 37 / 8 % 100)
    select printf('01BENCHD%018d', d.i), case when state <> 'draft' then printf('%010d', d.i) end,
        printf('01BENCHC%014d%04d', d.person % 3, year), printf('01BENCHA%018d', person), printf('01BENCHV%018d', person % (:n / 500)),
        (select code from place where place.i = person % (:n / 500) % 8), case d.person % 3 when 0 then 'teacher' when 1 then 'health' else 'agriculture' end,
        case d.i % 4 when 0 then 'junior' when 3 then 'senior' else 'intermediate' end, 'chinese', year, state,
        case when d.i % 3 then at end, '{"summary":{"text":"扎根乡村学校，承担语文教学与班主任工作。扎根乡村学校，承担语文教学与班主任工作。"},"teaching":{"stage":"primary","subject":"语文","classes":"三年级一班","weekly_hours":15}}',
        at, at, case when state <> 'draft' then at end, at
    from d;

insert into transition(id, application_id, action, from_state, to_state, actor, at)
    select printf('01BENCHT%017d', row_number() over ()) || k, id, case k when 1 then 'submit' else 'begin' end, 'draft', state, account_id, state_at
    from application, (select 1 as k) where id like '01BENCHD%';

insert into message(id, account_id, kind, at)
    select printf('01BENCHM%018d', row_number() over ()), id, 'welcome', created_at from account where id like '01BENCHA%';

insert into ledger(sequence, at, actor, action, subject, payload, payload_hash, previous_hash, hash)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < :n), last(s) as (select coalesce(max(sequence), 0) from ledger)
    select s + n.i, '2026-01-01T00:00:00.000Z', 'bench', 'application.save', printf('application/01BENCHD%018d', n.i - 1), '{}',
        lower(hex(randomblob(32))), lower(hex(randomblob(32))), lower(hex(randomblob(32))) from n, last;
commit;
