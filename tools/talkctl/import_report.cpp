#include "tools/talkctl/import_report.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "tools/talkctl/table.h"

namespace talkbeat {

uint64_t ImportReport::Counts::left_out() const {
  uint64_t sum = 0;
  for (const auto& [why, count] : skipped) sum += count;
  return sum;
}

std::string ImportReport::Counts::reasons() const {
  std::string text;
  for (const auto& [why, count] : skipped) {
    text += (text.empty() ? "" : "; ") + std::to_string(count) + " " + why;
  }
  return text;
}

std::string ImportReport::text(bool dry) const {
  Table table({"TABLE", "ROWS", "IMPORTED", "LEFT OUT", "WHY"});
  for (const auto& [name, counts] : tables_) {
    table.add({name, std::to_string(counts.read), std::to_string(counts.taken), std::to_string(counts.left_out()),
               counts.reasons()});
  }
  std::string text = table.text();
  for (const std::string& note : notes_) text += "note: " + note + "\n";
  text += dry ? "This was a dry run: nothing was changed.\n" : "Imported.\n";
  return text;
}

std::string ImportReport::json(bool dry) const {
  using Json = nlohmann::ordered_json;
  Json tables = Json::array();
  for (const auto& [name, counts] : tables_) {
    Json skipped = Json::object();
    for (const auto& [why, count] : counts.skipped) skipped[why] = count;
    tables.push_back({{"table", name},
                      {"rows", counts.read},
                      {"imported", counts.taken},
                      {"left_out", counts.left_out()},
                      {"why", skipped}});
  }
  const Json report{{"dry_run", dry}, {"tables", tables}, {"notes", notes_}};
  return json_text(report) + "\n";
}

}  // namespace talkbeat
