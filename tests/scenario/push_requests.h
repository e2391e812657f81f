#pragma once

#include <fstream>
#include <string>

#include "proto/login.pb.h"
#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {

// What scenarios about pushes do.

/// An empty token removes the device.
inline void register_device(WireClient& client, const std::string& token) {
  IM::Login::IMDeviceTokenReq request;
  request.set_user_id(client.user_id());
  request.set_device_token(token);
  client.ask<IM::Login::IMDeviceTokenRsp>(request);
}

inline uint32_t set_push_shield(WireClient& client, uint32_t value) {
  IM::Login::IMPushShieldReq request;
  request.set_user_id(client.user_id());
  request.set_shield_status(value);
  return client.ask<IM::Login::IMPushShieldRsp>(request).result_code();
}

inline IM::Login::IMQueryPushShieldRsp query_push_shield(WireClient& client) {
  IM::Login::IMQueryPushShieldReq request;
  request.set_user_id(client.user_id());
  return client.ask<IM::Login::IMQueryPushShieldRsp>(request);
}

inline void log_out(WireClient& client) {
  client.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
  client.expect_close();
}

/// Returns when the client's server knows that the user is nowhere online.
inline void await_offline(WireClient& client, uint32_t user) {
  wait_until("user " + std::to_string(user) + " is offline",
             [&] { return status_of(client, user) == IM::BaseDefine::USER_STATUS_OFFLINE; });
}

/// A user with a device, "token of NAME", who is away from the moment that `observer` knows it.
inline uint32_t user_away(const Cluster& cluster, WireClient& observer, const std::string& name,
                          const std::string& server = "msg_server_1") {
  uint32_t id = 0;
  {
    WireClient mobile(cluster.client_port(server));
    mobile.log_in(name, kMobile);
    register_device(mobile, "token of " + name);
    id = mobile.user_id();
    await_online(observer, id);  // or the news of the login might come behind the wait for the end
  }
  await_offline(observer, id);
  return id;
}

/// Changes a setting of section [push] in the cluster's file, and returns when the msg_server has taken it over.
inline void change_push_setting(const Cluster& cluster, const std::string& server, const std::string& name,
                                const std::string& value) {
  const auto path = cluster.directory() / "conf/msg_server.toml";
  std::string text = contents(path);
  if (text.find("[push]\n") == std::string::npos) text += "\n[push]\n";
  const std::string sign = "\n" + name + " = ";
  const size_t section = text.find("[push]\n");
  const size_t at = text.find(sign, section);
  if (at == std::string::npos) {
    text.insert(section + 7, sign.substr(1) + value + "\n");
  } else {
    text.replace(at, text.find('\n', at + 1) - at, sign + value);
  }
  std::ofstream(path) << text;
  const size_t before = cluster.log_of(server).size();
  ::kill(cluster.pid(server), SIGHUP);
  wait_until(name + " has changed", [&] {
    return cluster.log_of(server).find("setting_changed key=push." + name, before) != std::string::npos;
  });
}

}  // namespace talkbeat::scenario
