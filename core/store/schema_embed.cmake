# cmake -DFILES=a.sql;b.sql -DOUTPUT=x.c -P schema_embed.cmake: the files as td_schemas[], in order.

list(SORT FILES)
set(arrays "")
set(rows "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  string(REGEX MATCH "^([0-9]+)_" _ ${name})
  set(digits ${CMAKE_MATCH_1})
  math(EXPR number "1${digits} - 1000") # "001" as a number
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const char sql_${digits}[] = {${bytes}0};\n")
  string(APPEND rows "    {${number}, \"${name}\", sql_${digits}},\n")
endforeach()
list(LENGTH FILES count)
file(WRITE ${OUTPUT} "/* Generated from core/store/schema. */
#include \"store/migrate.h\"

${arrays}
const struct td_schema td_schemas[] = {
${rows}};
const int td_schema_count = ${count};
")
