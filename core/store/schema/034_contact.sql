-- How a person wants to be told, beside the messages inside (review/contact.h).
alter table account add column notify text not null default 'sms';      -- off | sms | email
alter table account add column email_sealed text not null default '';   -- encrypted; base64
alter table account add column language text not null default 'zh';     -- of what is sent
