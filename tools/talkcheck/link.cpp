#include "tools/talkcheck/link.h"

namespace talkbeat::check {

namespace {

constexpr uint32_t kSomePort = 9;

}  // namespace

Link::Link(Context& c)
    : c_(c), name_("talkcheck_" + std::to_string(c.rng.below(uint64_t{1} << 40))), peer_(c.scheduler) {}

Task<> Link::open() {
  co_await peer_.connect(*c_.targets.link);
  const TbServerAuthResult result = co_await prove(*c_.targets.key);
  require(result.accepted(), "the proof was refused: " + one_line(result.text()));
  enter(0);
}

Task<TbServerAuthResult> Link::prove(const ClusterKey& key) {
  const TbChallenge challenge = co_await peer_.expect<TbChallenge>();
  const ClusterAuth auth(key);
  TbServerAuth proof;
  proof.set_nonce(ClusterAuth::make_nonce(c_.rng));
  proof.set_epoch(c_.rng.next());
  proof.set_name(name_);
  proof.set_mac(auth.prove_msg_server(challenge.nonce(), proof.nonce(), proof.epoch(), name_));
  const uint16_t seq = peer_.send(proof);
  TbServerAuthResult result = co_await peer_.expect<TbServerAuthResult>(seq);
  const bool right = ClusterAuth::same(result.mac(), auth.prove_login_server(challenge.nonce(), proof.nonce()));
  require(!result.accepted() || right, "login_server does not prove the key");
  co_return result;
}

void Link::enter(uint32_t user_id) {
  IM::Server::IMMsgServInfo info;
  info.set_ip1("127.0.0.1");
  info.set_ip2("127.0.0.1");
  info.set_port(kSomePort);
  info.set_max_conn_cnt(1);
  info.set_cur_conn_cnt(1);
  info.set_host_name(name_);
  info.set_draining(true);
  peer_.send(info);
  IM::Server::IMOnlineUserInfo users;
  if (user_id != 0) {
    auto& user = *users.add_user_stat_list();
    user.set_user_id(user_id);
    user.set_status(IM::BaseDefine::USER_STATUS_ONLINE);
    user.set_client_type(IM::BaseDefine::CLIENT_TYPE_ANDROID);
    user.set_login_stamp(1);
  }
  peer_.send(users);
}

}  // namespace talkbeat::check
