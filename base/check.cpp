#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace talkbeat {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed: this is a bug in TalkBeat\n", file, line, condition);
  std::abort();
}

}  // namespace talkbeat
