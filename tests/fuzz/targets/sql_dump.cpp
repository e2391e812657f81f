// DumpReader, which reads what mysqldump has written of a TeamTalk server: the same rows and the same error however the
// file arrives. The first byte says in which pieces.

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/talkctl/import_dump.h"

namespace talkbeat::fuzz {
namespace {

struct Found {
  std::vector<std::string> rows;
  std::string error;
  bool completed = false;
  uint64_t statements = 0;

  bool operator==(const Found&) const = default;
};

std::string shown(const DumpRow& row) {
  CHECK(row.columns.size() == row.values.size());
  std::string text = row.table;
  for (size_t i = 0; i < row.columns.size(); ++i) {
    const DumpValue& value = row.values[i];
    CHECK(value.text.size() <= SqlTokens::kMaxText);
    text += "\x1f" + row.columns[i] + "=" + (value.null ? "NULL" : "'" + value.text) + (value.cut ? "…" : "");
  }
  return text;
}

Found read(std::string_view dump, size_t at_a_time) {
  Found found;
  const auto source = [&](std::span<char> into) -> Result<size_t> {
    const size_t count = std::min({into.size(), at_a_time, dump.size()});
    std::copy_n(dump.begin(), count, into.begin());
    dump.remove_prefix(count);
    return count;
  };
  DumpReader reader(source, [&](const DumpRow& row) {
    found.rows.push_back(shown(row));
    return found.rows.size() < 1'000 ? Status() : Status(Error{"enough"});
  });
  const Status status = reader.read_all();
  if (!status.ok()) found.error = status.message();
  found.completed = reader.saw_completed();
  found.statements = reader.statements();
  return found;
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  FuzzInput input({data, size});
  const size_t at_a_time = input.byte() + size_t{1};
  const std::string_view dump = input.rest();
  CHECK(read(dump, SIZE_MAX) == read(dump, at_a_time));
  return 0;
}
