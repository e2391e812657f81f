#include "tools/talkchat/chat_session.h"

#include <iostream>

#include "tools/client/terminal_text.h"
#include "tools/client/transfer_meter.h"

namespace talkbeat {

namespace {

// How long the goodbye may take to reach the server.
constexpr Tick kGoodbyeMs = 1'000;

}  // namespace

std::string text_of(const ReceivedMessage& message) {
  const bool audio =
      message.type == IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO || message.type == IM::BaseDefine::MSG_TYPE_GROUP_AUDIO;
  return audio ? "(a voice message, " + size_text(message.body.size()) + ")" : printable(message.body);
}

ChatSession::ChatSession(const ChatArguments& arguments)
    : client_(parts_.network, arguments.client, *this),
      book_(client_),
      groups_(client_),
      tls_name_(arguments.tls_name),
      tls_ca_(arguments.tls_ca) {}

int ChatSession::run() {
  if (!tls_name_.empty()) {
    const Status status = parts_.network.use_tls(tls_ca_, tls_name_);
    if (!status.ok()) fail(status.message());
  }
  if (!ended_) client_.start();
  while (!ended_) loop_.turn(-1);
  client_.stop();
  const Tick until = clock_.now() + kGoodbyeMs;
  while (parts_.network.size() > 0 && clock_.now() < until) loop_.turn(50);
  return exit_code_;
}

void ChatSession::end(int exit_code) {
  if (ended_) return;
  ended_ = true;
  exit_code_ = exit_code;
}

void ChatSession::fail(const std::string& why) {
  if (ended_) return;
  std::cerr << "talkchat: " << printable(why) << "\n";
  end(1);
}

std::string ChatSession::reason_for_closing(const std::string& why) const {
  switch (client_.info().closed_by) {
    case ClosedBy::kRefusal:
      return "the server refused the login: " + why;
    case ClosedBy::kDistrust:
      return why;
    case ClosedBy::kKick:
      return "this session was ended: " + why;
    case ClosedBy::kStop:
    case ClosedBy::kNobody:
      break;
  }
  return why;
}

}  // namespace talkbeat
