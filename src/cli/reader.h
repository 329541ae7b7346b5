/* reader.h - the table of readers: who parses what, behind the wall. */
#ifndef RC_CLI_READER_H
#define RC_CLI_READER_H

/* `rowcast --reader KIND ...`: what rc_guard_open starts. Returns the exit status. */
int rc_reader_main(int n_words, char **words);

#endif
