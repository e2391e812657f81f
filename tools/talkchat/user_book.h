#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tools/client/client.h"

namespace talkbeat {

/// Names and ids of users, fetched from the server where they are needed and kept. The loop's thread only.
///
///   book.find("bob", [&](Result<uint32_t> id) { … });
///   book.learn({from}, [&] { print(book.name_of(from)); });
class UserBook {
 public:
  explicit UserBook(Client& client) : client_(client) {}

  /// Fetches the users who were added or changed since the last time. The callback also gets why it failed.
  void refresh(std::function<void(Status)> done);
  /// The id of a login name, from the server where it is not known yet.
  void find(const std::string& name, std::function<void(Result<uint32_t>)> done);
  /// Fetches those that are not known yet; where that fails, their names stay numbers.
  void learn(const std::vector<uint32_t>& ids, std::function<void()> done);

  /// What the server tells unasked, of users that are known.
  void note_sign_info(uint32_t id, const std::string& text);
  void note_avatar(uint32_t id, const std::string& url);

  bool knows(uint32_t id) const { return users_.contains(id); }
  /// The login name as it may be printed; "#17" where it is not known.
  std::string name_of(uint32_t id) const;
  const std::map<uint32_t, IM::BaseDefine::UserInfo>& users() const { return users_; }

 private:
  void add(const IM::BaseDefine::UserInfo& user);

  Client& client_;
  std::map<uint32_t, IM::BaseDefine::UserInfo> users_;
  std::map<std::string, uint32_t> ids_;
  uint32_t complete_until_ = 0;
};

}  // namespace talkbeat
