#pragma once

#include <string>
#include <vector>

#include "tools/talkcheck/peer.h"

namespace talkbeat::check {

/// One of the two places at which the client under test can log in.
enum class Place { kFirst, kSecond };

struct Door;

/// A connection of the client under test, as its server sees it: logs it in, answers what a client asks, and notes when
/// everything came. Lives as long as its Door's owner; the loop's thread only.
class Visitor {
 public:
  /// What came, and when.
  struct Note {
    uint16_t command = 0;
    Tick at = 0;
  };

  Visitor(Scheduler& scheduler, Door& door, SocketHandle socket, Place place);

  /// Asked and answered as by login_server; never anything else.
  bool asked() const { return asked_; }
  bool logged_in() const { return logged_in_at_ > 0; }
  Tick logged_in_at() const { return logged_in_at_; }
  const IM::Login::IMLoginReq& login() const { return login_; }
  Place place() const { return place_; }
  Peer& peer() { return peer_; }

  /// All that came since the login, which is the first.
  const std::vector<Note>& notes() const { return notes_; }
  size_t count(uint16_t command, size_t since = 0) const;
  /// How long it had sent nothing before each heartbeat, from that note on.
  std::vector<Tick> silences_before_beats(size_t since) const;
  const std::vector<IM::Message::IMMsgData>& messages() const { return messages_; }

  void tell(GoAwayReason reason, const Address* where = nullptr);
  /// A message from the other user, stored and counted.
  void deliver();
  /// From here nothing is answered, though everything is read: a process that hangs.
  void freeze() { frozen_ = true; }
  /// Messages are acked, as long as this is not false.
  void acknowledge(bool on) { acknowledges_ = on; }

 private:
  Task<> serve();
  bool welcome(const Arrival& first);
  void answer_asker(uint16_t seq_num);
  void take_login(const Arrival& first);
  void answer(const Arrival& arrival);
  void take_message(const Arrival& arrival);

  Door& door_;
  Place place_;
  Peer peer_;
  Task<> serving_;
  bool asked_ = false;
  bool frozen_ = false;
  bool acknowledges_ = true;
  Tick logged_in_at_ = 0;
  IM::Login::IMLoginReq login_;
  std::vector<Note> notes_;
  std::vector<IM::Message::IMMsgData> messages_;
};

/// What the two places share.
struct Door {
  static constexpr uint32_t kUser = 1;       ///< the client under test
  static constexpr uint32_t kOtherUser = 2;  ///< who writes to it
  static constexpr const char* kOtherName = "talkcheck";

  Address first;  ///< as told by login_server; empty ip: the address by which the client came
  Address second;
  bool refuses = false;  ///< login_server has no msg_server, and logins are refused
  std::vector<Tick> refused_at;
  std::string token;         ///< the last one given
  uint32_t last_msg_id = 0;  ///< of the conversation between the two
};

}  // namespace talkbeat::check
