#pragma once

#include <string>

#include "tools/client/client_network.h"
#include "tools/client/dialer.h"
#include "tools/client/file_offer.h"
#include "tools/client/file_options.h"

namespace talkbeat {

/// The second connection, over which one file's bytes go: connects, logs in to the file's task, beats, and where it is
/// lost connects again, with backoff. Owned by an OutgoingFile or IncomingFile; the loop's thread only.
///
///   link.start({offer.task_id, offer.servers, me, IM::BaseDefine::CLIENT_OFFLINE_DOWNLOAD});
///   … on_link_open() …  link.send(pull);
class FileLink final : private PduSink {
 public:
  struct Task {
    std::string id;
    std::vector<Address> servers;  ///< the best first
    uint32_t user_id = 0;
    IM::BaseDefine::ClientFileRole role = IM::BaseDefine::CLIENT_OFFLINE_DOWNLOAD;
  };

  /// Each call may stop the link.
  class Owner {
   public:
    /// Logged in, for the first time or again: nothing that was under way before counts any more.
    virtual void on_link_open() = 0;
    virtual Verdict on_link_pdu(const PduHeader& header, std::span<const std::byte> body,
                                google::protobuf::Arena& arena) = 0;
    /// All that was sent has left.
    virtual void on_link_drained() {}
    /// The server has refused something that was sent. False: the owner makes nothing of it, and the link decides.
    virtual bool on_link_refused(const TbError& /*error*/) { return false; }
    /// Lost, or not to be had yet: it is tried again.
    virtual void on_link_lost(const std::string& why) = 0;
    /// For good; the link has stopped.
    virtual void on_link_failed(const std::string& why) = 0;

   protected:
    ~Owner() = default;
  };

  FileLink(ClientNetwork& network, const FileOptions& options, Owner& owner);
  ~FileLink();

  /// Once.
  void start(Task task);
  /// Nobody is told of anything any more. What was sent still goes out.
  void stop();
  /// Gives this connection up, and connects again.
  void restart(const std::string& why);
  /// Bytes have moved: the next loss begins a count of its own.
  void note_progress();
  /// Another one that may have the task, or may not: what it refuses ends nothing.
  void add_server(const Address& server);
  bool is_open() const { return phase_ == Phase::kOpen; }
  const Task& task() const { return task_; }

  template <class Message>
  void send(const Message& message) {
    if (Connection* to = network_.find(connection_)) send_pdu(*to, message, ++last_seq_);
  }
  template <class Message>
  void answer(const Message& message, uint16_t seq_num) {
    if (Connection* to = network_.find(connection_)) send_pdu(*to, message, seq_num);
  }

 private:
  enum class Phase : uint8_t { kIdle, kWaiting, kConnecting, kLoggingIn, kOpen };

  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body,
                 google::protobuf::Arena& arena) override;
  void on_closed(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& connection) override;
  void on_drained(Connection& connection) override;

  static Verdict on_answer(FileLink& self, const PduHeader& header, const IM::File::IMFileLoginRsp& answer);
  static Verdict on_heartbeat(FileLink& self, const PduHeader& header, const IM::Other::IMHeartBeat& beat);
  static Verdict on_go_away(FileLink& self, const PduHeader& header, const TbGoAway& notice);
  static Verdict on_error(FileLink& self, const PduHeader& header, const TbError& error);

  void connect();
  void on_dialed(Result<SocketHandle> socket);
  void lost(const std::string& why, Tick wait_ms);
  void refused(uint32_t result_code);
  void fail(const std::string& why);

  ClientNetwork& network_;
  const FileOptions& options_;
  Owner& owner_;
  Dialer dialer_;
  Backoff backoff_;
  Timer retry_timer_;
  Task task_;
  Address server_;  // the one that is tried
  Phase phase_ = Phase::kIdle;
  size_t next_server_ = 0;
  std::vector<Address> guesses_;  // servers that nobody has named
  ConnId connection_ = ConnId::kNone;
  Tick opened_at_ = 0;
  Tick down_since_ = 0;  // or without progress
  uint16_t last_seq_ = 0;
};

}  // namespace talkbeat
