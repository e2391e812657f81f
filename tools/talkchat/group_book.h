#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/client.h"

namespace talkbeat {

/// The groups that this user is in, fetched from the server where they are needed and kept. The loop's thread only.
///
///   book.find("#team", [&](Result<uint32_t> id) { … });
///   book.learn(group, [&] { print(book.name_of(group)); });
class GroupBook {
 public:
  explicit GroupBook(Client& client) : client_(client) {}

  /// Fetches the list, and what has changed of each group since the last time.
  void refresh(std::function<void(Status)> done);
  /// By name or id, with or without a # in front. Where several have the name, the error names their ids.
  void find(const std::string& text, std::function<void(Result<uint32_t>)> done);
  /// Fetches one that is not known yet; where that fails, its name stays a number.
  void learn(uint32_t id, std::function<void()> done);
  /// Somebody came or went.
  void take(const GroupChange& change);
  void forget(uint32_t id) { groups_.erase(id); }

  bool knows(uint32_t id) const { return groups_.contains(id); }
  /// The name as it may be printed, with # in front; "#17" where it is not known.
  std::string name_of(uint32_t id) const;
  /// Where one is known by that name or id.
  std::optional<Result<uint32_t>> known(const std::string& text) const;
  const std::map<uint32_t, IM::BaseDefine::GroupInfo>& groups() const { return groups_; }

 private:
  void take_info(const IM::Group::IMGroupInfoListReq& request, const IM::Group::IMGroupInfoListRsp& answer,
                 std::vector<IM::BaseDefine::GroupVersionInfo>& wanted);
  void ask_info(std::vector<IM::BaseDefine::GroupVersionInfo> wanted, std::function<void(Status)> done);

  Client& client_;
  std::map<uint32_t, IM::BaseDefine::GroupInfo> groups_;
};

}  // namespace talkbeat
