#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/listener.h"
#include "base/pdu_protocol.h"

namespace talkbeat {

/// The place where files go over second connections, of a few lines, in the test's own loop: keeps one file, gives it
/// to whoever pulls, pulls it from whoever sends. Can lose connections in the middle, and refuse.
class FakeFileServer final : private PduProtocol {
 public:
  explicit FakeFileServer(EventLoop& loop)
      : connections_(loop, [](const Connection&, CloseReason) {}),
        listener_(loop, {}, [this](SocketHandle socket, const Address& peer) {
          auto attachment = std::make_unique<PduPeer>();
          attachment->max_pdu = 2 << 20;
          connections_.adopt(socket, peer, *this).set_attachment(std::move(attachment));
        }) {
    EXPECT_TRUE(listener_.start({"127.0.0.1", 0}).ok());
  }

  Address address() const { return listener_.address(); }
  void drop() {
    if (Connection* client = connections_.find(client_)) client->close(CloseReason::kServerStopping);
  }
  bool has_client() const { return connections_.find(client_) != nullptr; }
  /// Answers what is held, where max_pulls is set.
  void answer_held() {
    for (const auto& [header, request] : std::exchange(held_, {})) {
      --unanswered_;
      if (Connection* client = connections_.find(client_)) answer_pull(*client, header, request);
    }
  }
  void say(IM::BaseDefine::ClientFileState state) {
    IM::File::IMFileState message;
    message.set_state(state);
    message.set_task_id("task");
    message.set_user_id(2);
    if (Connection* client = connections_.find(client_)) send_pdu(*client, message);
  }
  void pull(uint32_t offset, uint32_t size) {
    IM::File::IMFilePullDataReq request;
    request.set_task_id("task");
    request.set_user_id(2);
    request.set_trans_mode(IM::BaseDefine::FILE_TYPE_OFFLINE);
    request.set_offset(offset);
    request.set_data_size(size);
    if (Connection* client = connections_.find(client_)) send_pdu(*client, request, 9);
  }

  std::string content;       // what it has: all of a download, the part of an upload
  uint32_t upload_size = 0;  // of an upload
  uint32_t max_chunk = 256 << 10;
  uint32_t login_result = 0;         // of the next logins
  uint64_t drop_after = UINT64_MAX;  // bytes given or taken on one connection: then it is lost
  bool answers = true;               // false: pulls are taken, and nothing comes
  bool done_at_end = true;
  bool peer_is_there = true;  // false: the other end of an online file has not come yet; say() tells of it
  uint32_t max_pulls = 0;     // more than that at a time are refused; what is taken waits for answer_held()
  std::vector<IM::File::IMFileLoginReq> logins;
  std::vector<uint32_t> pulled_at;  // offsets
  std::vector<IM::BaseDefine::ClientFileState> states;
  std::vector<uint32_t> refusals;  // result codes of the client's answers

 private:
  static constexpr uint32_t kUploadChunk = 10'000;

  const char* role() const override { return "fake_files"; }
  void on_close(Connection&, CloseReason) override {}
  void on_heartbeat_due(Connection&) override {}
  bool takes_go_away(const Connection&) const override { return false; }

  template <class Message>
  static Message parse(std::span<const std::byte> body) {
    Message message;
    EXPECT_TRUE(message.ParseFromArray(body.data(), static_cast<int>(body.size())));
    return message;
  }

  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override {
    using namespace IM::BaseDefine;
    switch (header.command_id) {
      case CID_FILE_LOGIN_REQ:
        return log_in(connection, header, parse<IM::File::IMFileLoginReq>(body));
      case CID_FILE_STATE:
        states.push_back(parse<IM::File::IMFileState>(body).state());
        return Verdict::close(CloseReason::kLoggedOut);
      case CID_FILE_PULL_DATA_REQ:
        return give(connection, header, parse<IM::File::IMFilePullDataReq>(body));
      case CID_FILE_PULL_DATA_RSP:
        return take(connection, parse<IM::File::IMFilePullDataRsp>(body));
      case CID_OTHER_HEARTBEAT:
        send_pdu(connection, IM::Other::IMHeartBeat(), header.seq_num);
        return Verdict::handled();
      default:
        ADD_FAILURE() << "command " << header.command_id;
        return Verdict::handled();
    }
  }

  Verdict log_in(Connection& connection, const PduHeader& header, const IM::File::IMFileLoginReq& request) {
    logins.push_back(request);
    IM::File::IMFileLoginRsp answer;
    answer.set_result_code(login_result);
    answer.set_task_id(request.task_id());
    send_pdu(connection, answer, header.seq_num);
    if (login_result != 0) return Verdict::close(CloseReason::kLoginRefused);
    client_ = connection.id();
    moved_ = 0;
    using namespace IM::BaseDefine;
    const auto role = request.file_role();
    const bool online = role == CLIENT_REALTIME_SENDER || role == CLIENT_REALTIME_RECVER;
    if (online && peer_is_there) say(CLIENT_FILE_PEER_READY);
    if (role == CLIENT_REALTIME_SENDER || role == CLIENT_OFFLINE_UPLOAD) pull_next();
    return Verdict::handled();
  }

  void pull_next() {
    const auto have = static_cast<uint32_t>(content.size());
    if (have < upload_size) {
      pull(have, std::min(kUploadChunk, upload_size - have));
    } else if (done_at_end) {
      say(IM::BaseDefine::CLIENT_FILE_DONE);
    }
  }

  Verdict take(Connection& connection, const IM::File::IMFilePullDataRsp& piece) {
    if (piece.result_code() != 0) {
      refusals.push_back(piece.result_code());
      return Verdict::handled();
    }
    if (piece.offset() != content.size()) return Verdict::handled();
    content += piece.file_data();
    return count(connection, piece.file_data().size()) ? (pull_next(), Verdict::handled()) : Verdict::handled();
  }

  // False: the connection is lost now.
  bool count(Connection& connection, size_t bytes) {
    moved_ += bytes;
    if (moved_ < drop_after) return true;
    connection.close(CloseReason::kServerStopping);
    return false;
  }

  Verdict give(Connection& connection, const PduHeader& header, const IM::File::IMFilePullDataReq& request) {
    pulled_at.push_back(request.offset());
    if (max_pulls > 0 && ++unanswered_ > max_pulls) {
      --unanswered_;
      return Verdict::refused(ERROR_LIMIT_REACHED, "too many at a time");
    }
    if (max_pulls > 0) {
      held_.emplace_back(header, request);
      return Verdict::handled();
    }
    return answer_pull(connection, header, request);
  }

  Verdict answer_pull(Connection& connection, const PduHeader& header, const IM::File::IMFilePullDataReq& request) {
    if (!answers) return Verdict::handled();
    IM::File::IMFilePullDataRsp answer;
    const bool inside = request.offset() < content.size();
    answer.set_result_code(inside ? 0u : uint32_t{IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR});
    answer.set_task_id(request.task_id());
    answer.set_user_id(2);
    answer.set_offset(request.offset());
    answer.set_file_data(inside ? content.substr(request.offset(), std::min(request.data_size(), max_chunk))
                                : std::string());
    if (!count(connection, answer.file_data().size())) return Verdict::handled();
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

  ConnectionTable connections_;
  Listener listener_;
  ConnId client_ = ConnId::kNone;
  uint64_t moved_ = 0;
  uint32_t unanswered_ = 0;
  std::vector<std::pair<PduHeader, IM::File::IMFilePullDataReq>> held_;
};

}  // namespace talkbeat
