#include <algorithm>
#include <map>

#include "tools/client/file_requests.h"
#include "tools/client/terminal_text.h"
#include "tools/talkchat/chat.h"

namespace talkbeat {

using namespace IM::Buddy;

namespace {

constexpr size_t kMaxUsers = 1'000;  // that are listed

}  // namespace

void Chat::on_avatar_changed(uint32_t user, const std::string& url) {
  book_.note_avatar(user, url);
  if (book_.knows(user)) print(style_.faint(book_.name_of(user) + " has a new picture: " + printable(url)));
}

void Chat::on_sign_info_changed(uint32_t user, const std::string& text) {
  book_.note_sign_info(user, text);
  if (book_.knows(user)) print(style_.faint(book_.name_of(user) + " signs now: " + printable(text)));
}

void Chat::status(const std::string& argument) {
  if (argument.empty()) {
    complain("whose? :status USER; :who lists all");
    return;
  }
  busy_ = true;
  book_.find(argument, [this](Result<uint32_t> user) {
    if (done_unless(user.ok(), user.ok() ? "" : user.message() + "; :users lists them")) return;
    IMUsersStatReq request;
    request.set_user_id(client_.info().user_id);
    request.add_user_id_list(user.value());
    client_.request<IMUsersStatReq, IMUsersStatRsp>(
        request, [this, user = user.value()](Result<IMUsersStatRsp> answer) {
          if (done_unless(answer.ok(), answer.ok() ? "" : "the status did not come: " + answer.message())) return;
          show_status(user, answer.value());
          done();
        });
  });
}

void Chat::show_status(uint32_t user, const IMUsersStatRsp& answer) {
  const bool online = std::ranges::any_of(answer.user_stat_list(), [user](const auto& stat) {
    return stat.user_id() == user && stat.status() != IM::BaseDefine::USER_STATUS_OFFLINE;
  });
  const auto& info = book_.users().at(user);
  const std::string nick = printable(info.user_nick_name());
  print("  " + book_.name_of(user) + (nick.empty() || nick == book_.name_of(user) ? "" : " (" + nick + ")") + "  " +
        (online ? style_.own("online") : style_.faint("offline")));
  const auto line = [this](const char* name, const std::string& value) {
    if (!value.empty()) print(std::string("  ") + name + printable(value));
  };
  line("signature  ", info.sign_info());
  line("picture    ", info.avatar_url());
  line("email      ", info.email());
  line("phone      ", info.user_tel());
}

void Chat::users(const std::string& /*argument*/) {
  busy_ = true;
  book_.refresh([this](Status status) {
    if (done_unless(status.ok(), status.ok() ? "" : "the list of users did not come: " + status.message())) return;
    size_t shown = 0;
    for (const auto& [id, user] : book_.users()) {
      if (user.user_domain().empty() || ++shown > kMaxUsers) continue;
      const std::string nick = printable(user.user_nick_name());
      const std::string signature = printable(user.sign_info());
      print("  " + book_.name_of(id) + (nick == book_.name_of(id) ? "" : "  " + nick) +
            (signature.empty() ? "" : style_.faint("  \"" + signature + "\"")));
    }
    if (shown > kMaxUsers) print(style_.faint("  and " + std::to_string(shown - kMaxUsers) + " more"));
    done();
  });
}

void Chat::departments(const std::string& /*argument*/) {
  busy_ = true;
  IMDepartmentReq request;
  request.set_user_id(client_.info().user_id);
  request.set_latest_update_time(0);
  client_.request<IMDepartmentReq, IMDepartmentRsp>(request, [this](Result<IMDepartmentRsp> answer) {
    if (done_unless(answer.ok(), answer.ok() ? "" : "the departments did not come: " + answer.message())) return;
    std::map<uint32_t, std::string> names;
    for (const auto& entry : answer.value().dept_list()) names[entry.dept_id()] = printable(entry.dept_name());
    for (const auto& entry : answer.value().dept_list()) {
      if (entry.dept_status() == IM::BaseDefine::DEPT_STATUS_DELETE) continue;
      const auto parent = names.find(entry.parent_dept_id());
      print("  " + names[entry.dept_id()] + (parent == names.end() ? "" : style_.faint("  in " + parent->second)));
    }
    if (names.empty()) print(style_.faint("  no departments"));
    done();
  });
}

void Chat::sign(const std::string& argument) {
  busy_ = true;
  IMChangeSignInfoReq request;
  request.set_user_id(client_.info().user_id);
  request.set_sign_info(argument);
  client_.request<IMChangeSignInfoReq, IMChangeSignInfoRsp>(request, [this](Result<IMChangeSignInfoRsp> answer) {
    if (done_unless(answer.ok(), answer.ok() ? "" : "not changed: " + answer.message())) return;
    const uint32_t code = answer.value().result_code();
    if (done_unless(code == 0, "not changed: " + words_for_result(code))) return;
    print(style_.faint("your signature is changed"));
    done();
  });
}

void Chat::avatar(const std::string& argument) {
  if (argument.empty()) {
    complain("which one? :avatar URL");
    return;
  }
  busy_ = true;
  IMChangeAvatarReq request;
  request.set_user_id(client_.info().user_id);
  request.set_avatar_url(argument);
  client_.request<IMChangeAvatarReq, IMChangeAvatarRsp>(request, [this](Result<IMChangeAvatarRsp> answer) {
    if (done_unless(answer.ok(), answer.ok() ? "" : "not changed: " + answer.message())) return;
    const uint32_t code = answer.value().result_code();
    if (done_unless(code == 0, "not changed: " + words_for_result(code))) return;
    print(style_.faint("your picture is changed"));
    done();
  });
}

// True: it was not ok, which is said, and the line is done with.
bool Chat::done_unless(bool ok, const std::string& complaint) {
  if (ok) return false;
  complain(printable(complaint));
  done();
  return true;
}

}  // namespace talkbeat
