#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace talkbeat {

/// What an import has read, taken over and left out, and why.
///
///   report.read("IMUser");
///   report.skip("IMUser", "the name is taken");
///   std::cout << report.text(/*dry=*/false);
class ImportReport {
 public:
  void read(const std::string& table) { ++tables_[table].read; }
  void take(const std::string& table) { ++tables_[table].taken; }
  void skip(const std::string& table, const std::string& why, uint64_t count = 1) {
    if (count > 0) tables_[table].skipped[why] += count;
  }
  /// What the operator should know besides, a sentence each.
  void note(const std::string& sentence) { notes_.push_back(sentence); }

  bool has_read(const std::string& table) const { return tables_.contains(table); }
  /// A table and the notes; `dry`: nothing was stored.
  std::string text(bool dry) const;
  /// One JSON value.
  std::string json(bool dry) const;

 private:
  struct Counts {
    uint64_t read = 0;
    uint64_t taken = 0;
    std::map<std::string, uint64_t> skipped;  // by reason

    uint64_t left_out() const;
    std::string reasons() const;
  };

  std::map<std::string, Counts> tables_;
  std::vector<std::string> notes_;
};

}  // namespace talkbeat
