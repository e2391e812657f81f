#include "tools/talkchat/user_book.h"

#include "tools/client/terminal_text.h"

namespace talkbeat {

using namespace IM::Buddy;

void UserBook::add(const IM::BaseDefine::UserInfo& user) {
  users_[user.user_id()] = user;
  ids_[user.user_domain()] = user.user_id();
}

void UserBook::note_sign_info(uint32_t id, const std::string& text) {
  if (const auto found = users_.find(id); found != users_.end()) found->second.set_sign_info(text);
}

void UserBook::note_avatar(uint32_t id, const std::string& url) {
  if (const auto found = users_.find(id); found != users_.end()) found->second.set_avatar_url(url);
}

std::string UserBook::name_of(uint32_t id) const {
  const auto found = users_.find(id);
  if (found != users_.end() && !found->second.user_domain().empty()) return printable(found->second.user_domain());
  std::string number = "#";
  return number.append(std::to_string(id));
}

// Asks for one second more than is missing. The last of the answers names another time than was asked for, or nobody.
void UserBook::refresh(std::function<void(Status)> done) {
  IMAllUserReq request;
  const uint32_t since = complete_until_ == 0 ? 0 : complete_until_ - 1;
  request.set_user_id(client_.info().user_id);
  request.set_latest_update_time(since);
  client_.request_series<IMAllUserReq, IMAllUserRsp>(request, [this, since, done](Result<IMAllUserRsp> answer) {
    if (!answer.ok()) {
      done(Error{answer.message()});
      return false;
    }
    for (const auto& user : answer.value().user_list()) add(user);
    if (answer.value().latest_update_time() == since && answer.value().user_list_size() > 0) return true;
    complete_until_ = answer.value().latest_update_time();
    done({});
    return false;
  });
}

void UserBook::find(const std::string& name, std::function<void(Result<uint32_t>)> done) {
  if (const auto known = ids_.find(name); known != ids_.end()) {
    done(known->second);
    return;
  }
  refresh([this, name, done](Status status) {
    const auto found = ids_.find(name);
    if (!status.ok()) {
      done(Error{status.message()});
    } else if (found == ids_.end()) {
      done(Error{"no user " + printable(name)});
    } else {
      done(found->second);
    }
  });
}

void UserBook::learn(const std::vector<uint32_t>& ids, std::function<void()> done) {
  IMUsersInfoReq request;
  request.set_user_id(client_.info().user_id);
  for (const uint32_t id : ids) {
    if (!knows(id)) request.add_user_id_list(id);
  }
  if (request.user_id_list_size() == 0) {
    done();
    return;
  }
  client_.request<IMUsersInfoReq, IMUsersInfoRsp>(request, [this, request, done](Result<IMUsersInfoRsp> answer) {
    if (answer.ok()) {
      for (const auto& user : answer.value().user_info_list()) add(user);
      for (const uint32_t id : request.user_id_list()) users_.try_emplace(id);  // there is none: not to ask again
    }
    done();
  });
}

}  // namespace talkbeat
