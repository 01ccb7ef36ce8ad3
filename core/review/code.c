/* code.c - see code.h. Reads `division`; everything else is rows. */
#include "review/code.h"

#include "review/form.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static const struct td_code sexes[] = {
    {"0", "未知的性别", "Unknown", NULL},
    {"1", "男", "Male", "male"},
    {"2", "女", "Female", "female"},
    {"9", "未说明的性别", "Not stated", NULL},
    {0},
};

static const struct td_code ethnicities[] = {
    {"01", "汉族", "Han", NULL},
    {"02", "蒙古族", "Mongol", NULL},
    {"03", "回族", "Hui", NULL},
    {"04", "藏族", "Zang", NULL},
    {"05", "维吾尔族", "Uygur", NULL},
    {"06", "苗族", "Miao", NULL},
    {"07", "彝族", "Yi", NULL},
    {"08", "壮族", "Zhuang", NULL},
    {"09", "布依族", "Buyei", NULL},
    {"10", "朝鲜族", "Chosen", NULL},
    {"11", "满族", "Man", NULL},
    {"12", "侗族", "Dong", NULL},
    {"13", "瑶族", "Yao", NULL},
    {"14", "白族", "Bai", NULL},
    {"15", "土家族", "Tujia", NULL},
    {"16", "哈尼族", "Hani", NULL},
    {"17", "哈萨克族", "Kazak", NULL},
    {"18", "傣族", "Dai", NULL},
    {"19", "黎族", "Li", NULL},
    {"20", "傈僳族", "Lisu", NULL},
    {"21", "佤族", "Va", NULL},
    {"22", "畲族", "She", NULL},
    {"23", "高山族", "Gaoshan", NULL},
    {"24", "拉祜族", "Lahu", NULL},
    {"25", "水族", "Sui", NULL},
    {"26", "东乡族", "Dongxiang", NULL},
    {"27", "纳西族", "Naxi", NULL},
    {"28", "景颇族", "Jingpo", NULL},
    {"29", "柯尔克孜族", "Kirgiz", NULL},
    {"30", "土族", "Tu", NULL},
    {"31", "达斡尔族", "Daur", NULL},
    {"32", "仫佬族", "Mulao", NULL},
    {"33", "羌族", "Qiang", NULL},
    {"34", "布朗族", "Blang", NULL},
    {"35", "撒拉族", "Salar", NULL},
    {"36", "毛南族", "Maonan", NULL},
    {"37", "仡佬族", "Gelao", NULL},
    {"38", "锡伯族", "Xibe", NULL},
    {"39", "阿昌族", "Achang", NULL},
    {"40", "普米族", "Pumi", NULL},
    {"41", "塔吉克族", "Tajik", NULL},
    {"42", "怒族", "Nu", NULL},
    {"43", "乌孜别克族", "Uzbek", NULL},
    {"44", "俄罗斯族", "Russ", NULL},
    {"45", "鄂温克族", "Ewenki", NULL},
    {"46", "德昂族", "Deang", NULL},
    {"47", "保安族", "Bonan", NULL},
    {"48", "裕固族", "Yugur", NULL},
    {"49", "京族", "Gin", NULL},
    {"50", "塔塔尔族", "Tatar", NULL},
    {"51", "独龙族", "Derung", NULL},
    {"52", "鄂伦春族", "Oroqen", NULL},
    {"53", "赫哲族", "Hezhen", NULL},
    {"54", "门巴族", "Monba", NULL},
    {"55", "珞巴族", "Lhoba", NULL},
    {"56", "基诺族", "Jino", NULL},
    {"97", "其他", "Other", NULL},
    {"98", "外国血统中国籍人士", "Chinese citizen of foreign descent", NULL},
    {0},
};

static const struct td_code politics[] = {
    {"01", "中共党员", "Member of the Communist Party", NULL},
    {"02", "中共预备党员", "Probationary member of the Communist Party", NULL},
    {"03", "共青团员", "Member of the Youth League", NULL},
    {"04", "民革党员", "Revolutionary Committee of the Kuomintang", NULL},
    {"05", "民盟盟员", "Democratic League", NULL},
    {"06", "民建会员", "National Construction Association", NULL},
    {"07", "民进会员", "Association for Promoting Democracy", NULL},
    {"08", "农工党党员", "Peasants' and Workers' Democratic Party", NULL},
    {"09", "致公党党员", "Zhi Gong Party", NULL},
    {"10", "九三学社社员", "Jiusan Society", NULL},
    {"11", "台盟盟员", "Taiwan Democratic Self-Government League", NULL},
    {"12", "无党派人士", "Without party affiliation", NULL},
    {"13", "群众", "The masses", NULL},
    {0},
};

static const struct td_code educations[] = {
    {"11", "博士研究生毕业", "Doctoral studies", "博士研究生"},
    {"14", "硕士研究生毕业", "Master's studies", "硕士研究生"},
    {"21", "大学本科毕业", "Undergraduate studies", "本科"},
    {"31", "大学专科毕业", "Junior college", "大专"},
    {"41", "中等专科毕业", "Secondary technical school", "中专"},
    {"44", "职业高中毕业", "Vocational high school", NULL},
    {"47", "技工学校毕业", "Technical workers' school", NULL},
    {"61", "普通高中毕业", "High school", "高中"},
    {"71", "初中毕业", "Junior middle school", NULL},
    {0},
};

static const struct td_code degrees[] = {
    {"2", "博士", "Doctor", NULL},
    {"3", "硕士", "Master", NULL},
    {"4", "学士", "Bachelor", NULL},
    {0},
};

static const struct {
    const char *standard, *name, *name_en;
    const struct td_code *rows;
} lists[TD_CODE_LISTS] = {
    [TD_CODE_SEX] = {"GB/T 2261.1-2003", "性别", "Sex", sexes},
    [TD_CODE_ETHNICITY] = {"GB/T 3304-1991", "民族", "Ethnicity", ethnicities},
    [TD_CODE_POLITICS] = {"GB/T 4762-1984", "政治面貌", "Political affiliation", politics},
    [TD_CODE_EDUCATION] = {"GB/T 4658-2006", "学历", "Education", educations},
    [TD_CODE_DEGREE] = {"GB/T 6864-2003", "学位", "Degree", degrees},
};

const struct td_code *td_code_find(enum td_code_list list, const char *text)
{
    for (const struct td_code *row = lists[list].rows; *text && row->code; row++)
        if (!strcmp(row->code, text) || !strcmp(row->name, text) ||
            (row->word && !strcmp(row->word, text)))
            return row;
    return NULL;
}

static json_t *entry(const char *code, const char *name, const char *name_en)
{
    return json_pack("{s:s, s:s, s:s}", "code", code, "name", name, "name_en", name_en);
}

json_t *td_code_options(enum td_code_list list, const char *chosen)
{
    json_t *options = json_array();
    const struct td_code *now = td_code_find(list, chosen);
    for (const struct td_code *row = lists[list].rows; row->code; row++) {
        json_t *option = entry(row->code, row->name, row->name_en);
        json_object_set_new(option, "value", json_string(row->name));
        json_object_set_new(option, "selected", json_boolean(row == now));
        json_array_append_new(options, option);
    }
    return options;
}

static json_t *list_of(const char *standard, const char *name, const char *name_en, json_t *codes)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "standard", standard, "name", name, "name_en", name_en,
                     "codes", codes);
}

/* --- titles ----------------------------------------------------------------------------------- */

const char *td_code_title(const json_t *descriptor, const char *level, const char *specialty)
{
    return td_row_text(td_form_title(descriptor, level, specialty), "code");
}

static void add_title(json_t *codes, const char *series, const char *branch, const char *level,
                      const json_t *title)
{
    char internal[160];
    snprintf(internal, sizeof(internal), "%.50s.%.50s.%.50s", series, branch, level);
    json_t *row = entry(td_row_text(title, "code"), td_row_text(title, "title"),
                        td_row_text(title, "title_en"));
    json_object_set_new(row, "internal", json_string(internal));
    json_array_append_new(codes, row);
}

/* What a series' levels are called, in each of its branches where these have names of their own. */
static void add_titles(json_t *codes, const char *series, const json_t *descriptor)
{
    const json_t *branches = json_object_get(descriptor, "branches");
    json_t *branch, *title, *level;
    size_t i, j;
    json_array_foreach(branches, i, branch)
        json_array_foreach(json_object_get(branch, "titles"), j, title)
            add_title(codes, series, td_row_text(branch, "id"), td_row_text(title, "level"), title);
    json_array_foreach(json_object_get(descriptor, "levels"), i, level)
        if (!json_array_size(branches))
            add_title(codes, series, "", td_row_text(level, "id"), level);
}

static json_t *titles(const struct td_review *review)
{
    json_t *codes = json_array(), *descriptor;
    const char *series;
    json_object_foreach((json_t *)review->catalog, series, descriptor)
        add_titles(codes, series, descriptor);
    return list_of("GB/T 8561-2001", "专业技术职务", "Professional titles", codes);
}

int td_code_lists(struct td_review *review, json_t **ret_lists)
{
    json_t *divisions = NULL, *all = json_array();
    int rc = td_tx_rows(review->tx, &divisions,
                        "select code, name, name as name_en from division order by code", "");
    if (rc < 0) {
        json_decref(all);
        return rc;
    }
    json_array_append_new(all, list_of("GB/T 2260", "行政区划", "Districts", divisions));
    for (int list = 0; list < TD_CODE_LISTS; list++) {
        json_t *codes = json_array();
        for (const struct td_code *row = lists[list].rows; row->code; row++)
            json_array_append_new(codes, entry(row->code, row->name, row->name_en));
        json_array_append_new(
            all, list_of(lists[list].standard, lists[list].name, lists[list].name_en, codes));
    }
    json_array_append_new(all, titles(review));
    *ret_lists = all;
    return 0;
}
