/* scripts_test.c - standards that are wrong or mean harm, each through a real worker: the answer
 * names code, script, line and rule, and the next job works. */
#include "drive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct drive drive;

#define GOOD                                                                                       \
    "standard 'x', 'junior' do\n"                                                                  \
    "  section 'A', '甲', cap: 10 do\n"                                                           \
    "    linear 'A1', '年数', cap: 10, of: :years, per: 1\n"                                     \
    "  end\n"                                                                                      \
    "%s"                                                                                           \
    "end\n"

static json_t *score_job(const char *name, const char *source)
{
    return json_pack("{s:s, s:s, s:s, s:{s:{s:i}}, s:[], s:{}, s:{s:s, s:s, s:s}}", "op", "score",
                     "series", "x", "level", "junior", "facts", "years", "value", 3, "gates",
                     "expert", "standard", "name", name, "hash", "", "source", source);
}

static json_int_t total(const struct drive_answer *answer)
{
    return json_integer_value(json_object_get(json_object_get(answer->answer, "score"), "total"));
}

static void expect_good(void)
{
    char source[1024];
    snprintf(source, sizeof(source), GOOD, "");
    struct drive_answer answer = drive_job(&drive, score_job("x/good.rb", source));
    if (answer.code)
        print_error("good standard failed: %s\n", answer.detail);
    assert_int_equal(answer.code, 0);
    assert_int_equal(total(&answer), 300);
    drive_answer_done(&answer);
}

struct row {
    const char *what;
    const char *harm; /* the source; "%" at its start: lines put into the block of an otherwise good
                         standard */
    const char *key;
    const char *place; /* "x/bad.rb:3: ": how the detail must begin */
    const char *says;  /* what it must contain */
};

static const struct row rows[] = {
    {"endless loop in a rule", "%adjust('A1', 'r') do |p, f|\nwhile true\np += 1\nend\nend\n",
     "script_limit", "x/bad.rb:", "ran longer than " DRIVE_LIMIT ", in rule A1"},
    {"endless loop at the top", "n = 1\nwhile true do n = 2 end\n", "script_limit",
     "x/bad.rb:", "ran longer than"},
    {"endless loop in a method", "def f(a)\n  loop do\n    [a].map { |x| x }\n  end\nend\nf 1\n",
     "script_limit", "x/bad.rb:", "ran longer than"},
    {"rescue everything and go on", "begin\n  loop { 'a' * 100 }\nrescue Exception\n  retry\nend\n",
     "script_limit", "x/bad.rb:", "ran longer than"},
    {"memory bomb, one string", "a = 'x' * 1000\nb = a * 1000000\n", "script_limit",
     "x/bad.rb:2: ", "64 MB of memory"},
    {"memory bomb, growing", "a = ['x' * 1000]\nloop { a = a + a }\n", "script_limit",
     "x/bad.rb:", "64 MB of memory"},
    {"memory bomb that rescues",
     "a = []\nbegin\n  loop { a << 'x' * 100000 }\nrescue Exception\n  a = []\nend\n" GOOD,
     "script_limit", "x/bad.rb:", "memory"},
    {"one instruction without end",
     "a = 'a' * 9_000_000 + 'b'\nb = 'a' * 4_000_000 + 'c'\na.index b\n", "script_limit",
     "x/bad.rb:", "ran longer than"},
    {"one instruction for all memory", "[0] * 2_000_000_000\n", "script_limit",
     "x/bad.rb:1: ", "memory"},
    {"one instruction on a number", "7 ** 9_999_999_999\n" GOOD, "script_failed",
     "x/bad.rb:1: ", ""},
    {"garbage without end", "loop { [[], {}, 'x' * 10, 1.5, :a..:b] }\n", "script_limit",
     "x/bad.rb:", "ran longer than"},
    {"symbol flood", "i = 0\nloop { (i += 1).to_s.+('x' * 200).to_sym }\n", "script_limit",
     "x/bad.rb:", ""},
    {"deep recursion", "def f(n)\n  f(n + 1)\nend\nf 0\n", "script_limit",
     "x/bad.rb:2: ", "calls itself too deeply"},
    {"deep recursion through blocks", "def f(n)\n  [1].each { |x| f(n + x) }\nend\nf 0\n",
     "script_limit", "x/bad.rb:", "calls itself too deeply"},
    {"recursion in to_s", "class A\n  def to_s\n    \"#{self}\"\n  end\nend\nA.new.to_s\n",
     "script_limit", "x/bad.rb:", "calls itself too deeply"},
    {"a list in itself", "a = []\na << a\na.inspect\n", "script_limit",
     "x/bad.rb:3: ", "calls itself too deeply"},
    {"huge output", "%adjust('A1', 'r' * 2000000) { |p, f| p - 1 }\n", "script_limit",
     "x/bad.rb: ", "larger than allowed"},
    {"syntax error", "standard 'x', 'junior' do\n  section 'A', cap: 10 do\n  ) \nend\n",
     "script_failed", "x/bad.rb:3: ", "syntax error"},
    {"unclosed text", "standard \"x\n", "script_failed", "x/bad.rb:", ""},
    {"raise in a rule", "%adjust('A1', 'r') do |p, f|\nraise '坏了'\nend\n", "script_failed",
     "x/bad.rb:6: ", "坏了 (RuntimeError), in rule A1"},
    {"division by zero", "%adjust('A1', 'r') { |p, f| p / 0 }\n", "script_failed",
     "x/bad.rb:5: ", "ZeroDivisionError"},
    {"unknown word", "%teir 'B1', 'T', cap: 1\n", "script_failed",
     "x/bad.rb:5: ", "没有“teir”这个词"},
    {"unknown option", "%condition 'c', 'C', of: :years, at_leest: 3\n", "script_failed",
     "x/bad.rb:5: ", "c C：没有参数 at_leest:，可用的有 cap、"},
    {"wrong type",
     "%section('B', 'S', cap: 5) do\n  step 'B1', 'T', cap: 5, of: :n, steps: 3\nend\n",
     "script_failed", "x/bad.rb:6: ", "B1 T：steps: 应为"},
    {"number twice",
     "%section('B', 'S', cap: 5) do\n  linear 'A1', 'T', cap: 5, of: :n, per: 1\nend\n",
     "script_failed", "x/bad.rb:6: ", "A1：编号重复"},
    {"a row of a table twice",
     "%section('B', 'S', cap: 5) do\n  tier 'B1', 'T', cap: 5, of: :n,\n    table: {'a' => 1, 'a' "
     "=> "
     "2}\nend\n",
     "script_failed", "x/bad.rb:7: ", "'a' 在同一处写了两次"},
    {"a circle of exclusions",
     "%section('B', 'S', cap: 5) { linear 'B1', 'T', cap: 5, of: :n, per: 1 }\nexclusive 'A1', "
     "'B1'\nexclusive 'B1', 'A1'\n",
     "script_failed", "x/bad.rb:7: ", "exclusive：B1 已在 A1、B1 的互斥里"},
    {"a block that answers nonsense", "%condition('c', 'C') { |f| 5 }\n", "script_failed",
     "x/bad.rb:5: ", "c C：代码块应返回 true、false"},
    {"a mistake in a block of a block",
     "%condition('c', 'C') do |f|\n  [1].each { |x| x.foo }\n  true\nend\n", "script_failed",
     "x/bad.rb:6: ", "undefined method 'foo'"},
    {"a fact of another kind", "%condition 'c', 'C', of: :years, any: '差'\n", "script_failed",
     "x/bad.rb:5: ", "事实 years 不是列表, in rule c C"},
    {"a product beyond all numbers", "%modify 'A1', 'm', of: :years, is: 3, times: 11\n",
     "script_failed", "x/bad.rb:5: ", "系数 times: 应在 0 与 10 之间"},
    {"unknown method", "standrad 'x'\n", "script_failed",
     "x/bad.rb:1: ", "undefined method 'standrad'"},
    {"no standard", "1 + 1\n", "script_failed", "x/bad.rb: ", "defines no standard"},
    {"empty", "", "script_failed", "x/bad.rb: ", "defines no standard"},
    {"broken exception",
     "class E < StandardError\n  def message\n    raise 'again'\n  end\nend\nraise E\n",
     "script_failed", "x/bad.rb", "raised a broken exception"},
    {"exception with bytes that are no text", "raise \"\\xff\\xfe\"\n", "script_failed",
     "x/bad.rb:1: ", ""},
    {"another score", "def Titled.score(a, b)\n  {'total' => 99}\nend\n" GOOD, "script_failed",
     "x/bad.rb:1: ", "冻结的值不能改动"},
    {"another score by another way", "class << Titled\n  def score(a, b)\n  end\nend\n" GOOD,
     "script_failed", "x/bad.rb:2: ", "冻结的值不能改动"},
    {"another rule", "class Titled::Tier\n  def measure(facts, expert)\n  end\nend\n" GOOD,
     "script_failed", "x/bad.rb:2: ", "冻结的值不能改动"},
    {"a module before a rule",
     "module M\n  def measure(f, e) end\nend\nTitled::Linear.prepend M\n" GOOD, "script_failed",
     "x/bad.rb:4: ", "冻结的值不能改动"},
    {"another sum", "class Integer\n  def +(other) 7 end\nend\n" GOOD, "script_failed",
     "x/bad.rb:2: ", "冻结的值不能改动"},
    {"other words of the prelude", "Titled::WAITS_FOR['unit'] = 'x'\n" GOOD, "script_failed",
     "x/bad.rb:1: ", "冻结的值不能改动"},
    {"another equality", "def ==(other)\n  true\nend\n" GOOD, "script_failed", "x/bad.rb",
     "改写语言里已有的 =="},
    {"another equality from a module",
     "module M\n  def ==(o) true end\nend\nObject.include M\n" GOOD, "script_failed", "x/bad.rb",
     "改写语言里已有的 Object"},
    {"another word in the block", "%def fact_name(fact) 'x' end\n", "script_failed", "x/bad.rb",
     "改写语言里已有的 fact_name"},
    {"another prelude", "Titled = Titled.dup\n" GOOD, "script_failed", "x/bad.rb",
     "改写语言里已有的 Titled"},
    {"a value that counts how often it is asked",
     "class S\n  def ==(o)\n    $n += 1\n  end\nend\n"
     "standard 'x', 'junior' do\n  condition 'c', 'C', of: :n, is: S.new, basis: 'b'\n"
     "  section('A', 'S', cap: 5) { linear 'A1', 'T', cap: 5, of: :n, per: 1 }\nend\n",
     "script_failed", "x/bad.rb:7: ", "写的是 S, in rule c C"},
    {"a text that counts",
     "S = 'x'\ndef S.==(o) true end\n"
     "standard 'x', 'junior' do\n  condition 'c', 'C', of: :n, is: S, basis: 'b'\n"
     "  section('A', 'S', cap: 5) { linear 'A1', 'T', cap: 5, of: :n, per: 1 }\nend\n",
     "script_failed", "x/bad.rb:4: ", "写的是 String, in rule c C"},
    {"a quantity of its own",
     "class My < Titled::Count\n  def hundredths(facts) facts[:other] end\nend\n"
     "standard 'x', 'junior' do\n"
     "  section('A', 'S', cap: 5) { linear 'A1', 'T', cap: 5, of: My.new(:n), per: 1 }\nend\n",
     "script_failed", "x/bad.rb:5: ", "写的是 My, in rule A1 T"},
    {"a table that a block changes",
     "W = {kind: 'a'}\n"
     "standard 'x', 'junior' do\n  condition('c', 'C', basis: 'b') { |f| W[:kind] = 'b' }\n"
     "  section('A', 'S', cap: 5) { best_of 'A1', 'T', cap: 5, of: :l, where: W, table: {'a' => 1} "
     "}\nend\n",
     "script_failed", "x/bad.rb:3: ", "冻结的值不能改动"},
    {"a count in the standard", "%adjust('A1', 'r') do |p, f|\n  @n = (@n || 0) + 1\n  p\nend\n",
     "script_failed", "x/bad.rb:6: ", "冻结的值不能改动"},
    {"a constant that a block changes",
     "%adjust('A1', 'r') do |p, f|\n  Object.const_set(:N, p)\n  p\nend\n", "script_failed",
     "x/bad.rb:6: ", "冻结的值不能改动"},
    {"no prelude left", "Titled = nil\n", "script_failed", "x/bad.rb", ""},
    {"eval", "eval '1'\n", "script_failed", "x/bad.rb:1: ", "undefined method 'eval'"},
    {"instance_eval of a text", "Object.new.instance_eval '1'\n", "script_failed",
     "x/bad.rb:1: ", "not implemented"},
    {"require", "require 'json'\n", "script_failed", "x/bad.rb:1: ", "undefined method 'require'"},
    {"load", "load '/etc/passwd'\n", "script_failed", "x/bad.rb:1: ", "undefined method 'load'"},
    {"File", "File.open('/etc/passwd')\n", "script_failed",
     "x/bad.rb:1: ", "uninitialized constant File"},
    {"IO", "IO.popen('id')\n", "script_failed", "x/bad.rb:1: ", "uninitialized constant IO"},
    {"open", "open('/etc/passwd')\n", "script_failed", "x/bad.rb:1: ", "undefined method 'open'"},
    {"backticks", "`id`\n", "script_failed", "x/bad.rb:1: ", "backquotes not implemented"},
    {"system", "system 'id'\n", "script_failed", "x/bad.rb:1: ", "undefined method 'system'"},
    {"exec", "exec 'id'\n", "script_failed", "x/bad.rb:1: ", "undefined method 'exec'"},
    {"fork", "fork\n", "script_failed", "x/bad.rb:1: ", "undefined method 'fork'"},
    {"exit", "exit\n", "script_failed", "x/bad.rb:1: ", "undefined method 'exit'"},
    {"socket", "TCPSocket.new('127.0.0.1', 80)\n", "script_failed",
     "x/bad.rb:1: ", "uninitialized constant TCPSocket"},
    {"environment", "ENV['PATH']\n", "script_failed", "x/bad.rb:1: ", "uninitialized constant ENV"},
    {"time", "Time.now\n", "script_failed", "x/bad.rb:1: ", "uninitialized constant Time"},
    {"rand", "rand\n", "script_failed", "x/bad.rb:1: ", "undefined method 'rand'"},
    {"Random", "Random.new\n", "script_failed", "x/bad.rb:1: ", "uninitialized constant Random"},
    {"shuffle", "[1, 2].shuffle\n", "script_failed", "x/bad.rb:1: ", "undefined method 'shuffle'"},
    {"collector off", "GC.disable\n", "script_failed", "x/bad.rb:1: ", "uninitialized constant GC"},
    {"ObjectSpace", "ObjectSpace.count_objects\n", "script_failed",
     "x/bad.rb:1: ", "uninitialized constant ObjectSpace"},
    {"address as a number", "Object.new.object_id\n", "script_failed",
     "x/bad.rb:1: ", "undefined method 'object_id'"},
    {"hash of an address", "Object.new.hash\n", "script_failed",
     "x/bad.rb:1: ", "undefined method 'hash'"},
    {"address as text",
     "raise 'at ' + Object.new.inspect + Object.new.to_s + proc { }.inspect + Class.new.to_s\n",
     "script_failed", "x/bad.rb:1: ", "at #<Object>#<Object>#<Proc>#<Class>"},
    {"a word that a rule does not know, in one of three lines",
     "%condition 'c', 'C',\n  of: :years, at_leest: 3,\n  basis: 'x'\n", "script_failed",
     "x/bad.rb:5: ", "at_leest:"},
    {"a cap that is missing, of a section of three lines",
     "standard 'x', 'junior' do\n  section 'A', 'S', capp: 5 do\n    # c,\n    note 'x'\n  "
     "end\nend\n",
     "script_failed", "x/bad.rb:2: ", "cap"},
    {"print", "puts 'x'\n", "script_failed", "x/bad.rb:1: ", "undefined method 'puts'"},
    {"fiber", "Fiber.new { }\n", "script_failed", "x/bad.rb:1: ", "uninitialized constant Fiber"},
};

static char *source_of(const struct row *row)
{
    char *source = NULL;
    if (row->harm[0] == '%') {
        assert_true(asprintf(&source, GOOD, row->harm + 1) > 0);
    } else { /* a GOOD inside has a place for more lines */
        const char *place = strstr(row->harm, "%s");
        int before = place ? (int)(place - row->harm) : (int)strlen(row->harm);
        assert_true(asprintf(&source, "%.*s%s", before, row->harm, place ? place + 2 : "") >= 0);
    }
    return source;
}

static void expect_failure(const struct row *row, const struct drive_answer *answer)
{
    bool good = answer->code == TD_ESCRIPT && !strcmp(answer->key, row->key) &&
                !strncmp(answer->detail, row->place, strlen(row->place)) &&
                strstr(answer->detail, row->says);
    if (!good)
        print_error("%s: code %s, key %s, detail \"%s\"\n", row->what, td_error_name(answer->code),
                    answer->key, answer->detail);
    assert_true(good);
}

static void harm_is_contained(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *source = source_of(&rows[i]);
        struct drive_answer answer = drive_job(&drive, score_job("x/bad.rb", source));
        expect_failure(&rows[i], &answer);
        assert_int_equal(answer.done, 1);
        drive_answer_done(&answer);
        free(source);
        expect_good();
    }
}

/* A line of `part`s up to `size` bytes. */
static char *repeat(const char *first, const char *part, const char *last, size_t size)
{
    char *text = calloc(1, size + 1);
    strcpy(text, first);
    size_t length = strlen(first);
    while (length + strlen(part) + strlen(last) <= size) {
        memcpy(text + length, part, strlen(part));
        length += strlen(part);
    }
    strcpy(text + length, last);
    return text;
}

/* What the compiler makes of these is its own affair: an error or a standard, but within the
 * limits. */
static void compiler_is_contained(void **state)
{
    (void)state;
    static const struct {
        const char *first, *part, *last;
    } sources[] = {
        {"x = 1", "+1", "\n"},     {"x = ", "[", "\n"},
        {"x = ", "(", "\n"},       {"x = ", "-", "1\n"},
        {"", "if true\n", "\n"},   {"", "def f\n", ""},
        {"x = \"", "#{\"", "\n"},  {"", "a=", "1\n"},
        {"", "[1].each{|x|", ""},  {"f(", "1,", "1)\n"},
        {"x = {", "1=>1,", "}\n"}, {"", "\xff", ""},
        {"x = ", "!", "1\n"},      {"case 1\n", "when 1\n", ""},
        {"", "x.y.", "z\n"},       {"x = 'a'", ".to_s", "\n"},
        {"x = %w(", "a ", ")\n"},  {"", "begin\n", ""},
        {"x = 1", "?1:1", "\n"},   {"x = ", "lambda{", ""},
        {"<<A\n", "a\n", ""},
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        char *source = repeat(sources[i].first, sources[i].part, sources[i].last, 60000);
        json_t *job = score_job("x/bad.rb", source);
        if (job) { /* JSON carries UTF-8 only */
            struct drive_answer answer = drive_job(&drive, job);
            if (answer.code != TD_ESCRIPT || strncmp(answer.detail, "x/bad.rb", 8) != 0)
                print_error("%.20s: %s %s\n", source, td_error_name(answer.code), answer.detail);
            assert_int_equal(answer.code, TD_ESCRIPT);
            assert_memory_equal(answer.detail, "x/bad.rb", 8);
            drive_answer_done(&answer);
        }
        free(source);
        expect_good();
    }
}

static void source_has_a_limit(void **state)
{
    (void)state;
    char *source = repeat("# ", "x", "\n", (64 << 10) + 1);
    struct drive_answer answer = drive_job(&drive, score_job("x/bad.rb", source));
    assert_string_equal(answer.key, "script_limit");
    assert_string_equal(answer.detail,
                        "x/bad.rb: the source has 65537 bytes; at most 65536 are allowed");
    drive_answer_done(&answer);
    free(source);
}

/* The next dossier must not see what the last one left: a failed VM is not used again. */
static void failed_standard_starts_afresh(void **state)
{
    (void)state;
    char source[1024];
    snprintf(source, sizeof(source), GOOD,
             "adjust('A1', 'r') do |p, f|\n$n = ($n || 0) + 1\nraise 'second' if $n > 1\nraise "
             "'first' if f['years'] == 3\np\nend\n");
    for (int i = 0; i < 3; i++) {
        struct drive_answer answer = drive_job(&drive, score_job("x/bad.rb", source));
        assert_string_equal(answer.detail, "x/bad.rb:8: first (RuntimeError), in rule A1 年数");
        drive_answer_done(&answer);
    }
}

static void bad_jobs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *job, *says;
    } jobs[] = {
        {"{}", "the job has no op"},
        {"{\"op\": \"dance\"}", "none of"},
        {"{\"op\": \"score\"}", "needs a standard"},
        {"{\"op\": \"check\", \"standard\": {\"name\": \"a b\", \"source\": \"\"}}",
         "plain characters"},
        {"{\"op\": \"check\", \"standard\": {\"name\": \"a\\\"b\", \"source\": \"\"}}",
         "plain characters"},
        {"{\"op\": \"score\", \"standard\": {\"name\": \"a\", \"source\": \"\"}}", "\"facts\""},
        {"{\"op\": \"score\", \"facts\": {}, \"expert\": 1, \"standard\": {\"name\": \"a\", "
         "\"source\": \"\"}}",
         "\"expert\""},
        {"{\"op\": \"facts\"}", "needs a series"},
    };
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct drive_answer answer = drive_job(&drive, json_loads(jobs[i].job, 0, NULL));
        assert_int_equal(answer.code, TD_ESCRIPT);
        assert_non_null(strstr(answer.detail, jobs[i].says));
        drive_answer_done(&answer);
    }
    expect_good();
}

static void check_gives_the_table(void **state)
{
    (void)state;
    char source[1024];
    snprintf(source, sizeof(source), GOOD, "");
    struct drive_answer answer =
        drive_job(&drive, json_pack("{s:s, s:{s:s, s:s}}", "op", "check", "standard", "name",
                                    "x/good.rb", "source", source));
    assert_int_equal(answer.code, 0);
    json_t *table = json_object_get(answer.answer, "table");
    assert_true(json_is_array(table));
    assert_true(json_array_size(table) >= 2);
    drive_answer_done(&answer);
}

/* More standards than the cache holds, each asked again: every one gives its own points. */
static void standards_do_not_mix(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 12; i++) {
            char lines[128], source[1024], name[32];
            snprintf(lines, sizeof(lines), "adjust('A1', 'r') { |p, f| p + %d }\n", i);
            snprintf(source, sizeof(source), GOOD, lines);
            snprintf(name, sizeof(name), "x/%d.rb", i % 3);
            struct drive_answer answer = drive_job(&drive, score_job(name, source));
            assert_int_equal(answer.code, 0);
            assert_int_equal(total(&answer), 300 + i);
            drive_answer_done(&answer);
        }
    }
}

static int start(void **state)
{
    (void)state;
    drive_start(&drive, &(struct td_pool_options){.executable = TD_SCORER,
                                                  .plugin_folder = SAMPLE_PLUGINS,
                                                  .workers = 1,
                                                  .job_ms = DRIVE_JOB_MS,
                                                  .deadline_ms = DRIVE_DEADLINE_MS});
    return drive.ready;
}

static int stop(void **state)
{
    (void)state;
    drive_stop(&drive);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harm_is_contained),    cmocka_unit_test(compiler_is_contained),
        cmocka_unit_test(source_has_a_limit),   cmocka_unit_test(failed_standard_starts_afresh),
        cmocka_unit_test(bad_jobs_are_refused), cmocka_unit_test(check_gives_the_table),
        cmocka_unit_test(standards_do_not_mix),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
