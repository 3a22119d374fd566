PRAGMA application_id = 1212959050;
BEGIN TRANSACTION;
CREATE TABLE earlier_outcomes (
    "row" INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT,
    code TEXT,
    message TEXT,
    remedy TEXT NOT NULL,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    trace_id TEXT,
    PRIMARY KEY ("row", pass)
);
CREATE TABLE intents (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    first_attempt_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    exact INTEGER NOT NULL
);
INSERT INTO "intents" VALUES(2,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(3,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(4,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(5,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(7,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(8,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(9,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(10,'location1',1732654287.043413,1,0);
INSERT INTO "intents" VALUES(11,'location1',1732654287.043413,1,0);
CREATE TABLE landed (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    trace_id TEXT,
    warnings TEXT
);
INSERT INTO "landed" VALUES(2,'location1','created','MH0HKP3Ev5kb1ECBpFyV',200,1,'697b4e62-4fde-4d6f-9475-3b0eab1ef6bd',NULL);
INSERT INTO "landed" VALUES(3,'location1','created','grTSSb20ZOdvth0D3vNy',200,1,'20f956e1-82c0-4c7b-915d-da46e02ddc26',NULL);
INSERT INTO "landed" VALUES(4,'location1','created','tJi6o5X1DaxxdAsXw0NX',200,1,'5174f8e7-18eb-4241-8cbf-10eb56596825',NULL);
INSERT INTO "landed" VALUES(5,'location1','created','5spIQpIYFOo3DCqSwbIC',200,1,'ab510a19-80bc-44cd-8b45-f1c43a4231bb',NULL);
INSERT INTO "landed" VALUES(7,'location1','created','WHzHJhxdpqDqkcPz5O0x',200,1,'efbccce3-5533-43e2-bb7b-e7a2311d84bc',NULL);
INSERT INTO "landed" VALUES(8,'location1','created','j44CbTygqhu8pSLgAxxs',200,1,'9acc6031-cda2-4f42-8c8a-f1d304bbe1d1',NULL);
INSERT INTO "landed" VALUES(9,'location1','created','U5FagG2tFD3g0xiYTerO',200,1,'6691ec04-508d-43bb-8c92-e3d159a2285c',NULL);
INSERT INTO "landed" VALUES(10,'location1','created','axttwpC5herFuBK0ius3',200,1,'df6540b3-82de-41e2-b92c-ef43808374bf',NULL);
INSERT INTO "landed" VALUES(11,'location1','created','kISqXawQ5WTYw6H3byKJ',200,1,'b56e9db1-14d5-4781-b42b-5c45f6e794ec',NULL);
CREATE TABLE migrations (version INTEGER PRIMARY KEY, at REAL, tool_version TEXT);
INSERT INTO "migrations" VALUES(1,1732654286.490346,'0.1.0');
INSERT INTO "migrations" VALUES(2,1732654286.490818,'0.1.0');
INSERT INTO "migrations" VALUES(3,1732654286.491015,'0.1.0');
CREATE TABLE outcomes (
    "row" INTEGER PRIMARY KEY,
    status TEXT NOT NULL,
    location_id TEXT,
    contact_id TEXT,
    code TEXT,
    message TEXT,
    remedy TEXT NOT NULL,
    warnings TEXT,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    trace_id TEXT
, pass INTEGER NOT NULL DEFAULT 1);
INSERT INTO "outcomes" VALUES(2,'created','location1','MH0HKP3Ev5kb1ECBpFyV',NULL,NULL,'none',NULL,200,1,'697b4e62-4fde-4d6f-9475-3b0eab1ef6bd',1);
INSERT INTO "outcomes" VALUES(3,'created','location1','grTSSb20ZOdvth0D3vNy',NULL,NULL,'none',NULL,200,1,'20f956e1-82c0-4c7b-915d-da46e02ddc26',1);
INSERT INTO "outcomes" VALUES(4,'created','location1','tJi6o5X1DaxxdAsXw0NX',NULL,NULL,'none',NULL,200,1,'5174f8e7-18eb-4241-8cbf-10eb56596825',1);
INSERT INTO "outcomes" VALUES(5,'created','location1','5spIQpIYFOo3DCqSwbIC',NULL,NULL,'none',NULL,200,1,'ab510a19-80bc-44cd-8b45-f1c43a4231bb',1);
INSERT INTO "outcomes" VALUES(6,'failed','location1',NULL,'invalid_email','Column ''E-mail'': ''no address'' has no @ and is no e-mail address.','fix_row',NULL,NULL,0,NULL,1);
INSERT INTO "outcomes" VALUES(7,'created','location1','WHzHJhxdpqDqkcPz5O0x',NULL,NULL,'none',NULL,200,1,'efbccce3-5533-43e2-bb7b-e7a2311d84bc',1);
INSERT INTO "outcomes" VALUES(8,'created','location1','j44CbTygqhu8pSLgAxxs',NULL,NULL,'none',NULL,200,1,'9acc6031-cda2-4f42-8c8a-f1d304bbe1d1',1);
INSERT INTO "outcomes" VALUES(9,'created','location1','U5FagG2tFD3g0xiYTerO',NULL,NULL,'none',NULL,200,1,'6691ec04-508d-43bb-8c92-e3d159a2285c',1);
INSERT INTO "outcomes" VALUES(10,'created','location1','axttwpC5herFuBK0ius3',NULL,NULL,'none',NULL,200,1,'df6540b3-82de-41e2-b92c-ef43808374bf',1);
INSERT INTO "outcomes" VALUES(11,'created','location1','kISqXawQ5WTYw6H3byKJ',NULL,NULL,'none',NULL,200,1,'b56e9db1-14d5-4781-b42b-5c45f6e794ec',1);
CREATE TABLE pulses (
    location_id TEXT NOT NULL,
    started_at REAL NOT NULL,
    seconds REAL NOT NULL,
    requests INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    latency_p50 REAL NOT NULL,
    latency_p95 REAL NOT NULL,
    latency_max REAL NOT NULL,
    daily_remaining INTEGER
);
INSERT INTO "pulses" VALUES('location1',1732654287.59963,0.417921781539917,20,0,0,9,18.0,42.7,42.7,199980);
CREATE TABLE quota_marks (
    location_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    in_window INTEGER NOT NULL,
    used_today INTEGER NOT NULL,
    daily_remaining INTEGER
);
INSERT INTO "quota_marks" VALUES('location1',1732654288.017827,20,20,199980);
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    started_at REAL NOT NULL,
    finished_at REAL,
    state TEXT NOT NULL,
    reason TEXT,
    mapping_path TEXT NOT NULL,
    mapping_text TEXT NOT NULL,
    mapping_fingerprint TEXT NOT NULL,
    location_id TEXT,
    base_url TEXT NOT NULL,
    sandbox INTEGER NOT NULL,
    options TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    working_folder TEXT NOT NULL,
    rows_read INTEGER NOT NULL DEFAULT 0
, pass INTEGER NOT NULL DEFAULT 1, follows TEXT, reason_code TEXT);
INSERT INTO "run" VALUES('20241126-205126-734c',1732654286.450387,1732654288.065835,'finished',NULL,'{folder}/mapping.yaml','version: 1
fields:
  firstName: First Name
  email: E-mail
  city: City
after: {workflow: Welcome}
match: {require: [email]}
','eae5922e9dfeeb0b85e525917e2930523a9246db70bcd4d716f38f885e95e349','location1','{base_url}',0,'{"results_format": "csv", "limit": null, "concurrency": 4, "changed_only": true, "full_every": null, "feed": "crm", "wait_for_quota": false, "max_requests": null, "verify_share": 0.0, "allow_transforms": false, "report_details": false, "output": "{folder}/import-results", "reading": {"sheet": null, "header_row": null, "encoding": null, "delimiter": null}, "stop_after_failures": null, "metrics_file": null}','0.1.0','{folder}',10,1,NULL,NULL);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    state TEXT NOT NULL,
    reason TEXT
);
INSERT INTO "sessions" VALUES(1,'run',1732654286.450387,1732654288.065835,'finished',NULL);
CREATE TABLE sources (
    "index" INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    size INTEGER NOT NULL
);
INSERT INTO "sources" VALUES(0,'{folder}/state/incoming/crm/fbcaa8b62ed2/night-1.csv','night-1.csv','sources/0000/night-1.csv','fbcaa8b62ed2ea80142605366dc78936f3f537cb136576f0b5a023a6c5547d37',312);
CREATE TRIGGER keep_earlier_outcome BEFORE UPDATE ON outcomes BEGIN
    INSERT INTO earlier_outcomes
    VALUES (OLD."row", OLD.pass, OLD.status, OLD.contact_id, OLD.code, OLD.message, OLD.remedy,
            OLD.http_status, OLD.attempts, OLD.trace_id);
END;
COMMIT;
