/* standard_case.h - amended golden cases on the terminal. */
#ifndef TD_CLI_STANDARD_CASE_H
#define TD_CLI_STANDARD_CASE_H

#include <jansson.h>

/* A list of them as the server gives it: file, state and who; each old and new value; the arithmetic. */
void td_cli_print_cases(const json_t *cases);

#endif
