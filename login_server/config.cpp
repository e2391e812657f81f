#include "login_server/config.h"

namespace talkbeat::login {

namespace {

void describe_server(OptionTable& table, LoginServerConfig& config) {
  table.section("server", "This process.");
  table.text("name", config.name, "How it is called in the log, in /healthz and in /api/cluster.");
  table.integer("closed_kept", config.closed_kept, {0, 1'000'000}, "connections",
                "So many closed connections stay on record, for talkctl why. Each takes some hundred bytes.");
  table.check([&config]() -> std::optional<BrokenRule> {
    if (!config.name.empty()) return std::nullopt;
    return BrokenRule{"server.name", "must not be empty: logs of several servers could not be told apart"};
  });
}

void describe_client(OptionTable& table, ClientPortSettings& client) {
  table.section("client", "The ports where clients ask which msg_server to use.");
  table.address("listen", client.listen, "Where IMMsgServReq is answered.");
  table.address("http_listen", client.http_listen,
                "Where GET /msg_server is answered; /healthz, /metrics and /api/cluster are here, too.");
  table
      .boolean(
          "status_for_all", client.status_for_all,
          "true: /metrics and /api/cluster are answered to everybody who reaches http_listen, not only to programs "
          "on this machine. They tell how many users there are, and which servers: let a firewall or a proxy see "
          "to who asks.")
      .reloadable();
  table.duration("request_timeout", client.request_timeout_ms, {100, 3'600'000},
                 "From accept to the end of the request: one that dribbles is closed at this deadline, whatever it "
                 "sends.");
  table.integer("max_connections", client.max_connections, {1, 1'000'000}, "connections",
                "By PDU and by HTTP at the same time; the rest get a refusal. They are short: this bounds what "
                "an attacker can hold open.");
  table.integer("max_connections_per_address", client.max_connections_per_address, {1, 1'000'000}, "connections",
                "The same for one IP address (of IPv6: one network of 64 bits): a single host cannot take all the "
                "places. Behind a proxy, whose address all have: as max_connections.");
  table
      .text("msfs_prior", client.msfs_prior,
            "Told to HTTP clients as msfsPrior, where they send images to; empty: this server, if it keeps images.")
      .reloadable();
  table.text("msfs_backup", client.msfs_backup, "Told to HTTP clients as msfsBackup; empty: as msfsPrior.")
      .reloadable();
  table.text("discovery", client.discovery, "Told to HTTP clients as discovery, a page to show; empty: none.")
      .reloadable();
}

void describe_cluster(OptionTable& table, ServerPortSettings& cluster) {
  table.section("cluster", "The links of the msg_servers.");
  table.address("listen", cluster.listen,
                "Where msg_servers connect to. Loopback by default: choose another address for a cluster of several "
                "machines, and one that only they can reach.");
  describe(table, cluster.link);
  table.integer("max_connections", cluster.max_connections, {1, 100'000}, "connections",
                "At the same time, of msg_servers that have proved the key.");
  table.integer("max_unproven", cluster.max_unproven, {1, 100'000}, "connections",
                "At the same time, of those that have not proved the key yet; one more closes the one that has waited "
                "longest. So strangers who reach this port hold little, and keep no msg_server out.");
}

void describe_rest(OptionTable& table, LoginServerConfig& config) {
  table.section("allocation", "How clients are spread over the msg_servers.");
  table
      .duration("handed_out_ttl", config.allocation.handed_out_ttl_ms, {100, 600'000},
                "A client that was sent to a msg_server and is not seen there within this time counts as gone. "
                "Longer than the msg_servers' heartbeat_interval, so that those who arrive are counted once.")
      .reloadable();
  table
      .integer("max_kept_per_address", config.allocation.max_kept_per_address, {1, 1'000'000}, "places",
               "Within twice that time: so many of those who come from one IP address (of IPv6: one network of 64 "
               "bits) have their place kept on the server that they were sent to. Further ones are sent on, too, but "
               "nobody can make all servers look full by asking.")
      .reloadable();
  table.section("presence", "What the msg_servers are told about each other's users.");
  table
      .duration("gather", config.presence.gather_ms, {1, 60'000},
                "Changes are gathered for this long, and only the net change is sent: fewer PDUs, later news.")
      .reloadable();
  table
      .integer("chunk", config.presence.chunk, {1, 100'000}, "users",
               "At most this many in one PDU, so that large ones do not hold up what comes behind them.")
      .reloadable();
}

void describe_image_storage(OptionTable& table, ImageSettings& images) {
  table.section("images", "The pictures that clients send each other: POST / and GET /g0/… on client.http_listen.");
  table.text("directory", images.directory,
             "Where they are kept; several login_servers may share it. Empty: no images are taken or served.");
  table.text(
      "url", images.url,
      "By which address clients reach this server, as http://im.example.com/: told as msfsPrior, and part of each "
      "image's address. Empty: that by which the client has come, which is right but behind a proxy that changes "
      "the Host header or ends TLS.");
  table.bytes("max_size", images.max_size, {1 << 10, 1 << 30},
              "Of one image. While it comes it is held in memory: max_uploads of them are.");
  table.bytes("max_total", images.max_total, {1 << 20, int64_t{1} << 50},
              "Of all images in the directory; more are refused until some have expired or were removed. It is counted "
              "anew every sweep_interval.");
  table.bytes(
      "min_free", images.min_free, {0, int64_t{1} << 50},
      "What has to be left on the file system, and a free inode for each MiB of it: an image that would take it "
      "is refused (507). Anybody may send images, without a login; by default they lie beside the store, which "
      "can take no messages once the disk is full.");
  table
      .duration("expiry", images.expiry_ms, {60'000, Tick{3650} * 86'400'000},
                "An image that nobody has sent for this long is removed. Off by default: the messages that show it are "
                "kept for ever, too.")
      .or_off()
      .reloadable();
  table
      .duration("sweep_interval", images.sweep_interval_ms, {1'000, 86'400'000},
                "In this time the whole directory is looked through once, in 256 steps, for what has expired and for "
                "what it holds.")
      .reloadable();
}

void describe_image_limits(OptionTable& table, ImageSettings& images) {
  table.integer("max_uploads", images.max_uploads, {1, 10'000}, "uploads",
                "At the same time; the rest are told to come again (503).");
  table.integer("max_uploads_per_address", images.max_uploads_per_address, {1, 10'000}, "uploads",
                "The same for one address, so that nobody keeps all others out by being slow. Behind a proxy, whose "
                "address all have: as max_uploads.");
  table.duration("upload_timeout", images.upload_timeout_ms, {1'000, 3'600'000},
                 "From an upload's headers to its end; one that pauses for client.request_timeout is closed earlier.");
  table.bytes("chunk", images.chunk, {4 << 10, 4 << 20},
              "Images are read from the disk and sent in pieces of this size: what a slow reader costs in memory.");
  table.integer("workers", images.workers, {1, 64}, "threads", "Which read and write the images.");
  table.check([&images]() -> std::optional<BrokenRule> {
    const bool good = images.url.empty() || images.url.starts_with("http://") || images.url.starts_with("https://");
    if (good && images.url.find_first_of(" \"<>\\") == std::string::npos) return std::nullopt;
    return BrokenRule{"images.url", "must be an address of the form http://HOST:PORT/ or https://HOST/"};
  });
}

}  // namespace

OptionTable describe(LoginServerConfig& config) {
  OptionTable table;
  describe_server(table, config);
  describe_client(table, config.client);
  describe_cluster(table, config.cluster);
  describe_rest(table, config);
  describe_image_storage(table, config.images);
  describe_image_limits(table, config.images);
  describe(table, config.tcp);
  describe(table, config.tls);
  table.address("listen", config.tls_listen, "As client.listen, with TLS.");
  table.address("http_listen", config.https_listen, "As client.http_listen, with TLS: HTTPS.");
  describe(table, config.log);
  table.check(
      [&config] { return broken_line(config.tls, "client.request_timeout", config.client.request_timeout_ms); });
  return table;
}

}  // namespace talkbeat::login
