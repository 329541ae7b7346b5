/* make_chunks.c - make one HDF5 file of many chunks: make_chunks INDEX CHUNKS FILE [USER_BLOCK]
 * [packed] [sparse]. */
#include <stdio.h>

#include "make_chunks.h"

int main(int n, char **words)
{
    chunk_file what = {.index = N_INDEXES};
    if (n < 4) {
        fprintf(stderr, "make_chunks INDEX CHUNKS FILE [USER_BLOCK] [packed] [sparse]\n");
        return 2;
    }
    for (int i = 0; i < N_INDEXES; i++)
        if (strcmp(words[1], chunk_index_names[i]) == 0)
            what.index = (chunk_index)i;
    what.n_chunks = strtoull(words[2], NULL, 10);
    for (int i = 4; i < n; i++) {
        what.is_packed = what.is_packed || strcmp(words[i], "packed") == 0;
        what.is_sparse = what.is_sparse || strcmp(words[i], "sparse") == 0;
        if (words[i][0] >= '0' && words[i][0] <= '9')
            what.user_block = strtoull(words[i], NULL, 10);
    }
    if (what.index == N_INDEXES || what.n_chunks == 0 || !chunk_file_make(&what, words[3])) {
        fprintf(stderr, "make_chunks: no such file can be made\n");
        return 1;
    }
    return 0;
}
