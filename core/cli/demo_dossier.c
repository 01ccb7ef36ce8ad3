/* demo_dossier.c - see demo_dossier.h. A life is drawn once (struct career); each section of the
 * form is then told from it, so that dates, years and titles agree with each other. */
#include "cli/demo_dossier.h"

#include "cli/demo.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct career {
    uint64_t random; /* state of the generator */
    const json_t *city;
    const json_t *unit;
    const char *level;
    const char *education; /* highest degree */
    const char *specialty;
    const char *stage;
    int year;        /* of the review */
    int start;       /* year in which work at the grassroots began */
    int title_years; /* in the present title */
    int quality;     /* 0..99: how strong the achievements are */
    bool female;
    bool kindergarten;
    uint32_t number;
};

static uint32_t draw(struct career *career, uint32_t bound)
{
    career->random ^= career->random << 13;
    career->random ^= career->random >> 7;
    career->random ^= career->random << 17;
    return (uint32_t)(career->random >> 33) % bound;
}

static int between(struct career *career, int low, int high)
{
    return low + (int)draw(career, (uint32_t)(high - low + 1));
}

static json_t *date(int year, int month, int day)
{
    char text[TD_DATE_TEXT];
    td_date_format(td_date_from(year, month, day), text);
    return json_string(text);
}

static const char *pick(const json_t *list, uint32_t number)
{
    size_t size = json_array_size(list);
    return size ? json_string_value(json_array_get(list, number % size)) : "";
}

/* Two in five have a name of the region's other peoples. */
static bool is_other(uint32_t mixed)
{
    return mixed % 5 < 2;
}

static const char *ethnicity(uint32_t number)
{
    static const char *const others[] = {"维吾尔族", "维吾尔族", "哈萨克族", "柯尔克孜族"};
    uint32_t mixed = number * 2654435761u;
    if (is_other(mixed))
        return others[(mixed >> 8) % 4];
    return mixed % 7 == 3 ? "回族" : "汉族";
}

char *td_demo_name(const json_t *city, uint32_t number, int female)
{
    uint32_t mixed = number * 2654435761u;
    struct td_strbuf name;
    td_strbuf_init(&name);
    if (is_other(mixed)) {
        td_strbuf_adds(&name, pick(json_object_get(city, female ? "others_female" : "others_male"),
                                   mixed >> 8));
    } else {
        td_strbuf_adds(&name, pick(json_object_get(city, "surnames"), mixed >> 5));
        td_strbuf_adds(&name, pick(json_object_get(city, female ? "given_female" : "given_male"),
                                   mixed >> 13));
    }
    return td_strbuf_take(&name, NULL);
}

char *td_demo_pdf(const char *title, size_t *ret_length)
{
    struct td_strbuf pdf;
    size_t offsets[6] = {0};
    char stream[256];
    int length = snprintf(stream, sizeof(stream), "BT /F1 24 Tf 72 720 Td (%.120s) Tj ET", title);
    td_strbuf_init(&pdf);
    td_strbuf_adds(&pdf, "%PDF-1.4\n");
    const char *objects[] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        ("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
         " /Resources << /Font << /F1 5 0 R >> >> >>"),
        NULL,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    };
    for (int i = 0; i < 5; i++) {
        offsets[i + 1] = pdf.length;
        if (objects[i])
            td_strbuf_addf(&pdf, "%d 0 obj\n%s\nendobj\n", i + 1, objects[i]);
        else
            td_strbuf_addf(&pdf, "%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n",
                           i + 1, length, stream);
    }
    size_t table = pdf.length;
    td_strbuf_adds(&pdf, "xref\n0 6\n0000000000 65535 f \n");
    for (int i = 1; i < 6; i++)
        td_strbuf_addf(&pdf, "%010zu 00000 n \n", offsets[i]);
    td_strbuf_addf(&pdf, "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", table);
    return td_strbuf_take(&pdf, ret_length);
}

/* An identity number that passes GB 11643 for an invented person. */
static json_t *id_number(const json_t *unit, uint32_t number, int female, int birth_year)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    char digits[19];
    snprintf(digits, sizeof(digits), "%s%04u%02u%02u%02u%u", td_json_text(unit, "division_code"),
             (unsigned)birth_year % 10000u, number % 12u + 1, number % 28u + 1,
             number / 84u % 90u + 10, female ? 2u : 1u);
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (digits[i] - '0') * weights[i];
    digits[17] = "10X98765432"[sum % 11];
    digits[18] = 0;
    return json_string(digits);
}

json_t *td_demo_person(const json_t *city, const json_t *unit, uint32_t number, int female,
                       int birth_year)
{
    char *name = td_demo_name(city, number, female);
    char phone[12];
    snprintf(phone, sizeof(phone), "139%08u", (number * 7919u + 10000000u) % 100000000u);
    json_t *person = json_pack("{s:s, s:{s:s, s:o, s:s, s:b}, s:o, s:s}", "name", name ? name : "",
                               "person", "sex", female ? "female" : "male", "birth_date",
                               date(birth_year, (int)(number % 12u) + 1, (int)(number % 28u) + 1),
                               "ethnicity", ethnicity(number), "in_service", 1, "id_number",
                               id_number(unit, number, female, birth_year), "phone", phone);
    free(name);
    return person;
}

static int birth_year(const struct career *career)
{
    return career->start - (strcmp(career->education, "secondary") == 0 ? 20 : 22);
}

static json_t *item(struct career *career, json_t *fields)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    char id[9];
    for (int i = 0; i < 8; i++)
        id[i] = alphabet[draw(career, 32)];
    id[8] = 0;
    json_object_set_new(fields, "id", json_string(id));
    return fields;
}

static void draw_career(struct career *career)
{
    /* level, years at the grassroots, years in the present title */
    static const struct {
        const char *level;
        int grassroots_low, grassroots_high, title_low, title_high;
    } spans[] = {
        {"junior", 2, 6, 0, 0},
        {"intermediate", 5, 18, 5, 9},
        {"senior", 16, 28, 6, 12},
        {"full_senior", 21, 33, 6, 11},
    };
    static const char *const subjects[] = {
        "chinese", "national_language", "mathematics", "english",
        "science", "morality",          "music",       "sports",
        "art",     "history",           "physics",     "geography"};
    size_t row = 0;
    while (row < 3 && strcmp(spans[row].level, career->level) != 0)
        row++;
    career->kindergarten = strcmp(td_json_text(career->unit, "kind"), "kindergarten") == 0;
    career->specialty = career->kindergarten ? "preschool" : subjects[draw(career, 12)];
    career->stage = career->kindergarten ? "kindergarten"
                    : draw(career, 3)    ? "primary"
                                         : "junior_middle";
    career->start =
        career->year - between(career, spans[row].grassroots_low, spans[row].grassroots_high);
    career->title_years = between(career, spans[row].title_low, spans[row].title_high);
    if (career->title_years > career->year - career->start - 1)
        career->title_years = career->year - career->start - 1;
    uint32_t degree = draw(career, 10);
    int years = career->year - career->start;
    career->education =
        degree < 7 || strcmp(career->level, "full_senior") == 0 ? "bachelor" : "college";
    if (degree == 9 && years >= 21 && strcmp(career->level, "senior") == 0) {
        career->education = "secondary";
        if (career->title_years < 8)
            career->title_years = 8;
    }
    career->quality = between(career, 0, 99);
}

static json_t *education(struct career *career)
{
    bool bachelor = strcmp(career->education, "bachelor") == 0;
    int length = bachelor ? 4 : 3;
    const char *school = bachelor ? "新疆师范大学" : "昌吉师范专科学校";
    json_t *first = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o}", "degree", career->education, "school", school, "major",
        career->kindergarten ? "学前教育" : "小学教育", "study_form", "full_time", "start",
        date(career->start - length, 9, 1), "end", date(career->start, 6, 30));
    return json_pack("[o]", item(career, first));
}

static json_t *employment(struct career *career)
{
    const char *kind = career->kindergarten ? "kindergarten" : "school";
    json_t *list = json_array();
    int moved = career->year - career->start > 8 ? career->start + between(career, 3, 6) : 0;
    if (moved)
        json_array_append_new(
            list, item(career, json_pack("{s:s, s:s, s:s, s:b, s:s, s:b, s:b, s:o, s:o}",
                                         "unit_name", "原乡镇中心学校", "unit_kind", kind,
                                         "grassroots", "township", "hardship", (int)draw(career, 2),
                                         "post", "教师", "teaching", 1, "seconded", 0, "start",
                                         date(career->start, 9, 1), "end", date(moved, 8, 31))));
    json_array_append_new(
        list,
        item(career, json_pack("{s:s, s:s, s:s, s:b, s:s, s:b, s:b, s:o}", "unit_name",
                               td_json_text(career->unit, "name"), "unit_kind", kind, "grassroots",
                               td_json_text(career->unit, "grassroots"), "hardship",
                               json_is_true(json_object_get(career->unit, "hardship")), "post",
                               "教师", "teaching", 1, "seconded", 0, "start",
                               date(moved ? moved : career->start, 9, 1))));
    return list;
}

static json_t *current_title(struct career *career)
{
    const char *level = strcmp(career->level, "intermediate") == 0 ? "junior"
                        : strcmp(career->level, "senior") == 0     ? "intermediate"
                                                                   : "senior";
    if (strcmp(career->level, "junior") == 0)
        return json_pack("{s:s}", "level", "none");
    int obtained = career->year - career->title_years;
    char number[32];
    snprintf(number, sizeof(number), "XJ%d%06u", obtained, career->number * 37u % 1000000u);
    return json_pack("{s:s, s:s, s:o, s:o, s:s}", "level", level, "track", "general", "obtained",
                     date(obtained - 1, 12, 20), "appointed", date(obtained, 1, 10),
                     "certificate_number", number);
}

static json_t *yearly(struct career *career, bool ethics)
{
    json_t *list = json_array();
    int years = career->year - career->start;
    for (int i = years < 5 ? years : 5; i >= 1; i--) {
        bool excellent = (int)draw(career, 100) < career->quality / (ethics ? 1 : 2) + 5;
        json_array_append_new(
            list, item(career, json_pack("{s:i, s:s}", "year", career->year - i, "grade",
                                         excellent ? "excellent" : "qualified")));
    }
    return list;
}

static json_t *homeroom(struct career *career)
{
    int years = career->year - career->start;
    int length = between(career, 1, years < 8 ? years : 8);
    json_t *period = json_pack("{s:s, s:s, s:o, s:o}", "role", "homeroom", "unit_name",
                               td_json_text(career->unit, "name"), "start",
                               date(career->year - length, 9, 1), "end", date(career->year, 7, 15));
    return json_pack("[o]", item(career, period));
}

static json_t *honours(struct career *career)
{
    static const char *const levels[] = {"school", "township", "county", "city", "province"};
    static const char *const names[] = {"优秀教师", "先进教育工作者", "民族团结进步模范个人",
                                        "师德标兵"};
    static const char *const kinds[] = {"general", "general", "unity", "ethics"};
    json_t *list = json_array();
    for (int count = career->quality / 30; count > 0; count--) {
        uint32_t which = draw(career, 4);
        int top = career->quality / 20;
        json_array_append_new(
            list, item(career, json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", names[which], "kind",
                                         kinds[which], "level", levels[between(career, 0, top)],
                                         "issuer", "教育行政部门", "date",
                                         date(career->year - between(career, 1, 4), 9, 10))));
    }
    return list;
}

static json_t *open_lessons(struct career *career)
{
    static const char *const levels[] = {"school", "county", "city", "province"};
    json_t *list = json_array();
    for (int count = between(career, 1, 3); count > 0; count--)
        json_array_append_new(
            list,
            item(career, json_pack("{s:s, s:s, s:s, s:o}", "name", "单元整体教学公开课", "kind",
                                   draw(career, 2) ? "open" : "quality", "level",
                                   levels[between(career, 0, career->quality / 34 + 1)], "date",
                                   date(career->year - between(career, 1, 4), 11, 12))));
    return list;
}

static json_t *research(struct career *career)
{
    static const char *const kinds[] = {"case", "paper", "project", "course"};
    static const char *const levels[] = {"county", "city", "province"};
    json_t *list = json_array();
    int count = career->quality / 35 + (strstr(career->level, "senior") ? 1 : 0);
    for (; count > 0; count--)
        json_array_append_new(
            list, item(career, json_pack("{s:s, s:s, s:s, s:s, s:o}", "title",
                                         "乡村小规模学校课堂教学的实践与反思", "kind",
                                         kinds[draw(career, 4)], "level",
                                         levels[between(career, 0, career->quality / 40)], "role",
                                         draw(career, 3) ? "first" : "second", "date",
                                         date(career->year - between(career, 1, 4), 5, 20))));
    return list;
}

static json_t *continuing_education(struct career *career)
{
    json_t *list = json_array();
    int years = career->year - career->start;
    for (int i = years < 5 ? years : 5; i >= 1; i--)
        json_array_append_new(list,
                              item(career, json_pack("{s:i, s:i, s:i}", "year", career->year - i,
                                                     "hours", between(career, 92, 130),
                                                     "public_hours", between(career, 30, 40))));
    return list;
}

char *td_demo_expert_name(const json_t *city, int number)
{
    enum { FIRST_EXPERT = 9000 };
    return td_demo_name(city, FIRST_EXPERT + (uint32_t)number, number % 2);
}

static bool is_expert(const json_t *city, const char *name)
{
    bool is = false;
    for (int i = 1; i <= TD_DEMO_EXPERTS && !is; i++) {
        char *expert = td_demo_expert_name(city, i);
        is = expert && strcmp(expert, name) == 0;
        free(expert);
    }
    return is;
}

/* Nobody whom an expert is called like: he would have to recuse himself. */
static char *mentee_name(struct career *career)
{
    int female = (int)draw(career, 2);
    for (uint32_t number = career->number + 5000;; number++) {
        char *name = td_demo_name(career->city, number, female);
        if (!name || !is_expert(career->city, name))
            return name;
        free(name);
    }
}

static json_t *mentoring(struct career *career)
{
    if (strcmp(career->level, "junior") == 0 || career->quality < 30)
        return json_array();
    char *mentee = mentee_name(career);
    json_t *one =
        json_pack("{s:s, s:i, s:s}", "mentee", mentee ? mentee : "", "years", between(career, 1, 3),
                  "result", "青年教师能独立承担教学任务，获学校优质课奖。");
    free(mentee);
    return json_pack("[o]", item(career, one));
}

/* The summary of work: one sentence of each kind, well over the 200 characters that the form asks
 * for. */
static json_t *summary(struct career *career)
{
    static const char *const sentences[][3] = {
        {"参加工作以来一直扎根乡村教学一线，拥护党的教育方针，坚持立德树人，遵守教师职业道德，尊重"
         "和爱护每一名学生。",
         "多年在基层学校任教，政治立场坚定，自觉维护民族团结，铸牢中华民族共同体意识，以身作则，关"
         "心学生成长。",
         "坚守农村讲台，爱岗敬业，服从学校安排，主动承担教学和管理工作，得到学生、家长和同事的认可"
         "。"},
        {"承担所任学科的全部教学任务，认真备课、上课、批改和辅导，落实教学常规，课堂教学效果稳定，"
         "学业质量监测逐年提高。",
         "周课时达到学校工作量标准，注重情境创设和小组合作，利用乡土资源设计学习活动，学生的学习兴"
         "趣和习惯明显改善。",
         "坚持集体备课和分层作业，针对学习困难的学生建立档案，逐一制定辅导计划，班级合格率和优秀率"
         "稳步上升。"},
        {"担任班主任期间坚持家访和留守儿童关爱，每学期走访全部家庭，班级秩序好、风气正，多次被评为"
         "优秀班集体。",
         "组织开展阅读、劳动和传统文化活动，引导学生使用国家通用语言文字表达，帮助学生养成良好的行"
         "为习惯。",
         "协同家庭和村委会做好控辍保学，所带班级无一人辍学；在寄宿管理和安全教育中尽职尽责。"},
        {"积极参加继续教育和校本研修，完成每年规定的学时，撰写教学反思，把培训所学用于课堂并在教研"
         "组交流。",
         "参加区县组织的教研活动和送教下乡，承担公开课和示范课，课例被学区推荐交流，带动了同组教师"
         "的课堂改进。",
         "结合本校小规模班级的实际开展课题研究，整理教学案例和校本课程资料，成果在片区学校推广使用"
         "。"},
        {"热心指导青年教师，通过听课、评课和共同备课帮助他们尽快站稳讲台；今后将继续扎根基层，努力"
         "提高教书育人水平。",
         "在今后的工作中，将继续学习新课程标准，改进教学方法，服务乡村学校和学生，做好本职工作。",
         "将继续在乡村学校任教，发挥经验作用，带好队伍，办好群众家门口的学校。"},
    };
    struct td_strbuf text;
    td_strbuf_init(&text);
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
        td_strbuf_adds(&text, sentences[i][draw(career, 3)]);
    json_t *value = json_string(text.bytes);
    td_strbuf_done(&text);
    return value;
}

/* One in five has served a year or more in a village work team. */
static json_t *village_service(struct career *career)
{
    json_t *list = json_array();
    int years = career->year - career->start;
    if (career->number % 5 != 0 || years < 4)
        return list;
    int from = career->year - between(career, 2, years < 6 ? years - 1 : 5);
    json_t *service = json_pack("{s:s, s:o, s:o}", "place", "萨尔达坂乡（“访惠聚”工作队）", "start",
                                date(from, 1, 5), "end", date(from + 1, between(career, 1, 6), 28));
    json_array_append_new(list, item(career, service));
    return list;
}

static json_t *student_awards(struct career *career)
{
    static const char *const names[] = {"中小学生科技创新大赛", "经典诵读展演", "中小学生运动会",
                                        "书法美术作品展"};
    static const char *const levels[] = {"county", "city", "province"};
    json_t *list = json_array();
    for (int count = career->quality / 45; count > 0; count--)
        json_array_append_new(
            list, item(career, json_pack("{s:s, s:s, s:o}", "name", names[draw(career, 4)], "level",
                                         levels[between(career, 0, career->quality / 40)], "date",
                                         date(career->year - between(career, 1, 3), 6, 10))));
    return list;
}

static json_t *sections(struct career *career)
{
    int obtained = career->start + 1;
    json_t *all = json_object();
    json_object_set_new(all, "education", education(career));
    json_object_set_new(all, "qualification",
                        json_pack("{s:s, s:s, s:o}", "kind",
                                  career->kindergarten ? "kindergarten" : "primary", "subject",
                                  "小学全科", "obtained", date(obtained - 1, 7, 1)));
    json_object_set_new(all, "employment", employment(career));
    json_object_set_new(all, "current_title", current_title(career));
    json_object_set_new(all, "teaching",
                        json_pack("{s:s, s:s, s:s, s:i}", "stage", career->stage, "subject",
                                  career->kindergarten ? "五大领域" : "语文、道德与法治", "classes",
                                  "三年级（1）班", "weekly_hours", between(career, 12, 20)));
    json_object_set_new(all, "homeroom", homeroom(career));
    json_object_set_new(all, "annual_assessment", yearly(career, false));
    json_object_set_new(all, "ethics_assessment", yearly(career, true));
    json_object_set_new(all, "honours", honours(career));
    json_object_set_new(all, "open_lessons", open_lessons(career));
    json_object_set_new(all, "mentoring", mentoring(career));
    json_object_set_new(all, "research", research(career));
    json_object_set_new(all, "continuing_education", continuing_education(career));
    json_object_set_new(
        all, "exam",
        json_pack("{s:s, s:o}", "result", "passed", "date", date(career->year, 5, 16)));
    json_object_set_new(
        all, "declarations",
        json_pack("{s:b, s:b, s:b}", "sanctioned", 0, "civil_servant", 0, "general_track", 0));
    json_t *work = json_pack(
        "{s:s, s:s, s:s}", "name", "乡村课堂“读写结合”单元教学案例", "kind", "case", "summary",
        "结合本校学情设计的单元教学，两年内班级阅读量翻番，被区县教研室采纳推广。");
    json_object_set_new(all, "representative_work", json_pack("[o]", item(career, work)));
    json_object_set_new(all, "summary", json_pack("{s:o}", "text", summary(career)));
    json_object_set_new(all, "village_service", village_service(career));
    json_object_set_new(all, "student_awards", student_awards(career));
    return all;
}

static json_t *assessments(struct career *career)
{
    static const char *const grades[] = {"qualified", "good", "excellent"};
    static const char *const district[] = {"fair", "good", "excellent"};
    int expected = between(career, 24, 60);
    json_t *unit = json_pack(
        "{s:{s:s, s:b, s:s}, s:{s:s, s:i}, s:{s:i, s:i, s:i}, s:{s:b, s:b, s:b, s:b}}",
        "political_appraisal", "grade", grades[career->quality / 34], "vetting_passed", 1,
        "opinion", "拥护党的路线方针政策，遵守职业道德，表现良好。", "workload_appraisal", "grade",
        career->quality > 60 ? "over" : "met", "percent", career->quality > 60 ? 125 : 100,
        "democratic_appraisal", "expected", expected, "attended", expected - between(career, 0, 4),
        "satisfied_percent", 78 + career->quality / 5, "conduct", "ethics_failed", 0, "sanctioned",
        0, "violation_found", 0, "false_material", 0);
    json_t *industry = json_pack("{s:{s:s, s:s, s:s}, s:{s:b}}", "district_appraisal", "grade",
                                 district[career->quality / 34], "signed_by", "人事科", "opinion",
                                 "情况属实。", "hardship_recognition", "recognised", 1);
    return json_pack("{s:o, s:o}", "unit", unit, "district_industry", industry);
}

json_t *td_demo_dossier(const json_t *city, const json_t *unit, const char *level, uint32_t number,
                        int year)
{
    struct career career = {
        .random = ((uint64_t)number + 1) * UINT64_C(0x9E3779B97F4A7C15),
        .city = city,
        .unit = unit,
        .level = level,
        .year = year,
        .number = number,
    };
    career.female = draw(&career, 10) < 7;
    draw_career(&career);
    json_t *dossier = td_demo_person(city, unit, number, career.female, birth_year(&career));
    json_t *work = json_pack("{s:s, s:o, s:o, s:i}", "specialty", career.specialty, "sections",
                             sections(&career), "assessments", assessments(&career), "expert_ratio",
                             45 + career.quality / 2);
    json_object_update(dossier, work);
    json_decref(work);
    return dossier;
}
