#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "msg_server/store/database.h"

namespace talkbeat {

/// Where a store is built from an import, beside the one that it will replace. What an import that was killed has left
/// there goes at the next one; what this one leaves, in the destructor.
///
///   auto place = ImportPlace::take("run/talkbeat.db");
///   auto database = place.value()->open();
///   … fill it, database.value().reset() …
///   const Status done = place.value()->replace_store();
class ImportPlace {
 public:
  /// Fails where another import runs, or the store is not empty. `exclusively`: also where servers use it, and none is
  /// started until the end.
  static Result<std::unique_ptr<ImportPlace>> take(const std::string& store, bool exclusively);
  ~ImportPlace();
  ImportPlace(const ImportPlace&) = delete;
  ImportPlace& operator=(const ImportPlace&) = delete;

  Result<std::unique_ptr<Database>> open() const;
  std::string scratch() const { return built_ + ".scratch"; }
  /// The store that was built, and closed, becomes the store; what one that is gone has left beside it goes before.
  Status replace_store() const;

 private:
  explicit ImportPlace(std::string store) : store_(std::move(store)), built_(store_ + ".import") {}
  Status lock(bool exclusively);
  void remove_leftovers() const;

  const std::string store_;
  const std::string built_;
  int directory_ = -1;  // locked: one import at a time
  int cluster_ = -1;    // locked, as start.sh does: no server begins meanwhile
};

}  // namespace talkbeat
