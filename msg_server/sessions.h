#pragma once

#include "msg_server/login_stamps.h"
#include "msg_server/parts.h"
#include "proto/login.pb.h"

namespace talkbeat {

/// Who has logged in on this server: begins and ends sessions, and tells everybody whom it concerns (the directory, the
/// login_servers, the user's other devices, those who watch the user). The loop's thread only.
class Sessions {
 public:
  explicit Sessions(MsgServerParts& parts) : parts_(parts) {}

  /// The login was right, by password or by token. An older session of the user's class, here or elsewhere, is kicked.
  void begin(Connection& connection, ClientSession& session, UserId user, uint32_t client_type);
  /// The connection has closed. Nothing happens where it never logged in or its place has been taken.
  void end(const Connection& connection, const ClientSession& session);

  /// A login elsewhere has this stamp: later ones here get higher ones.
  void heard_of_login(uint64_t stamp) { stamps_.heard(stamp, parts_.loop.now()); }

  /// The session is interested in this user (Watchers). What concerns its own user all sessions hear anyway.
  void watch(const Connection& connection, UserId user);

  /// A mobile session removes its user's PC session, from wherever it is.
  void kick_pc(UserId user);
  /// A login elsewhere, with this stamp, has taken the place of a session here.
  void kicked_by_bus(UserId user, ClientClass client_class, IM::BaseDefine::KickReasonType reason,
                     uint64_t login_stamp);

  /// The operator ends the user's sessions, or those of one class, on every server; returns how many there were here.
  /// For a change of the account: after it is in the store. Logins that are under way look at it again before they
  /// begin a session.
  size_t end_everywhere(UserId user, std::optional<ClientClass> only, EndReason reason);
  /// The same, asked for on another server: sessions with a higher stamp began later, and are not meant.
  void ended_by_bus(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp);
  /// Closes the user's sessions on this server only. Logins that are under way look at the account again, as after
  /// end_everywhere().
  size_t end_here(UserId user, CloseReason reason);
  /// How often sessions have been ended by any of the three above: a login that finds another number at its end has to
  /// look again.
  uint64_t times_ended() const { return times_ended_; }

 private:
  uint64_t next_stamp();
  uint64_t stamp_up_to_now();
  bool end_local(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp);
  // Sends IMKickUser and closes the local session of that class, where there is one.
  void kick_local(UserId user, ClientClass client_class, IM::BaseDefine::KickReasonType reason);
  void tell_pc_status(UserId user, bool online);

  MsgServerParts& parts_;
  LoginStamps stamps_;
  uint64_t times_ended_ = 0;
};

}  // namespace talkbeat
