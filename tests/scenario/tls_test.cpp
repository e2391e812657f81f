// TLS on the clients' ports, as OpenSSL's own programs, Python and talkchat see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "tests/scenario/chat_program.h"
#include "tests/scenario/control.h"
#include "tests/scenario/environment.h"
#include "tests/scenario/figures.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

ClusterOptions with_tls(std::vector<std::string> settings = {}, int msg_servers = 1) {
  ClusterOptions options;
  options.tls = true;
  options.msg_servers = msg_servers;
  options.settings = std::move(settings);
  return options;
}

std::string trusted(const Cluster& cluster) {
  return cluster.directory() / "tls/certificate.pem";
}

/// What openssl's client says of a port, with the certificate checked.
Outcome s_client(const Cluster& cluster, uint16_t port, const std::vector<std::string>& more) {
  std::vector<std::string> line{"openssl", "s_client",      "-connect",  "127.0.0.1:" + std::to_string(port),
                                "-brief",  "-verify_ip",    "127.0.0.1", "-verify_return_error",
                                "-CAfile", trusted(cluster)};
  line.insert(line.end(), more.begin(), more.end());
  return run(line, 30s);
}

std::vector<std::string> tls_chat(const Cluster& cluster, const std::string& user, const std::string& ca,
                                  const std::vector<std::string>& more) {
  std::vector<std::string> line{programs() / "talkchat", "--tls", "--ca", ca, "--login"};
  line.push_back("127.0.0.1:" + std::to_string(cluster.tls_port("login_server_0")));
  for (const std::string& word : {std::string("--user"), user, std::string("--password"), std::string(kPassword)}) {
    line.push_back(word);
  }
  line.insert(line.end(), more.begin(), more.end());
  return line;
}

std::string serial_at(uint16_t port) {
  const Deadline deadline(kPatience);
  RawSocket socket(port);
  TlsClient client;
  std::string bytes;
  while (!client.open()) {
    socket.write(client.said(), deadline);
    bytes.clear();
    if (socket.read(bytes, deadline) != RawSocket::Event::kBytes) throw Unexpected("no handshake");
    client.take(bytes);
  }
  return client.serial();
}

void replace_certificate(const Cluster& cluster, const fs::path& certificate, const fs::path& key) {
  const fs::path directory = cluster.directory() / "tls";
  fs::copy_file(certificate, directory / "certificate.pem", fs::copy_options::overwrite_existing);
  fs::copy_file(key, directory / "key.pem", fs::copy_options::overwrite_existing);
}

TEST(Tls, versions_1_2_and_1_3_are_served_and_older_ones_refused) {
  Cluster cluster(with_tls());
  for (const uint16_t port :
       {cluster.tls_port("msg_server_0"), cluster.tls_port("login_server_0"), cluster.https_port("login_server_0")}) {
    for (const std::string version : {"1_2", "1_3"}) {
      const Outcome met = s_client(cluster, port, {"-tls" + version});
      EXPECT_EQ(met.exit_code, 0) << met.err;
      EXPECT_THAT(met.err, HasSubstr("Protocol version: TLSv1." + version.substr(2)));
      EXPECT_THAT(met.err, HasSubstr("Verification: OK"));
    }
    const Outcome old = s_client(cluster, port, {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"});
    EXPECT_NE(old.exit_code, 0);
    EXPECT_THAT(old.err, HasSubstr("protocol version"));
  }
}

TEST(Tls, discovery_by_https_names_the_tls_port) {
  Cluster cluster(with_tls());
  const std::string url = "https://127.0.0.1:" + std::to_string(cluster.https_port("login_server_0")) + "/msg_server";
  const Outcome answer = run({"python3", "-c",
                              "import ssl, sys, urllib.request as u\n"
                              "trust = ssl.create_default_context(cafile=sys.argv[1])\n"
                              "print(u.urlopen(sys.argv[2], context=trust).read().decode())",
                              trusted(cluster), url});
  ASSERT_EQ(answer.exit_code, 0) << answer.err;
  const json told = json::parse(answer.out);
  EXPECT_EQ(told.at("code"), 0);
  EXPECT_EQ(told.at("port"), std::to_string(cluster.client_port("msg_server_0")));
  EXPECT_EQ(told.at("tlsPort"), std::to_string(cluster.tls_port("msg_server_0")));
  EXPECT_THAT(told.at("msfsPrior").get<std::string>(), HasSubstr("https://127.0.0.1:"));
  const json plain = json::parse(cluster.get("login_server_0", "/msg_server").body);
  EXPECT_EQ(plain.at("tlsPort"), told.at("tlsPort"));
}

TEST(Tls, two_people_talk_and_send_a_file_over_it) {
  Cluster cluster(with_tls({}, 2));
  const std::string ca = trusted(cluster);
  Program bob(tls_chat(cluster, "bob", ca, {"recv", "--count", "1", "--timeout", "60s"}));
  const Outcome sent = run(tls_chat(cluster, "alice", ca, {"send", "--to", "bob", "hello over TLS"}));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  const Outcome heard = bob.wait();
  EXPECT_EQ(heard.exit_code, 0) << heard.err;
  EXPECT_THAT(heard.out, HasSubstr("hello over TLS"));

  const ScratchDirectory scratch;
  const fs::path picture = scratch.path() / "picture";
  make_file(picture, 1 << 20);
  const Outcome left = run(tls_chat(cluster, "alice", ca, {"sendfile", "--offline", "--to", "bob", picture}));
  EXPECT_EQ(left.exit_code, 0) << left.err;
  fs::create_directory(scratch.path() / "bobs");
  const Outcome got = run(tls_chat(cluster, "bob", ca, {"recvfile", "--dir", scratch.path() / "bobs"}));
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_TRUE(same_bytes(picture, scratch.path() / "bobs" / "picture"));
  EXPECT_THAT(cluster.log_of("msg_server_0") + cluster.log_of("msg_server_1"), Not(HasSubstr("tls_failed")));
}

TEST(Tls, a_client_moves_to_the_tls_port_of_another_server_when_its_own_is_drained) {
  Cluster cluster(with_tls({"drain.spread=200ms", "drain.timeout=20s"}, 2));
  Program bob(tls_chat(cluster, "bob", trusted(cluster), {}), Program::Input::kTyped);
  await(bob, "connected to");
  const bool on_first = count_of(std::to_string(cluster.tls_port("msg_server_0")), bob.written()) > 0;
  const std::string left = on_first ? "msg_server_0" : "msg_server_1";
  const std::string other = on_first ? "msg_server_1" : "msg_server_0";
  cluster.signal(left, SIGTERM);
  wait_until("bob is on the other one", [&] { return figure(cluster, other, "talkbeat_users") == 1; });
  wait_until("the first one has left", [&] { return !cluster.running(left); });
  EXPECT_THAT(cluster.log_of(left), HasSubstr("drained told=1 closed=0 "));
  bob.end_input();
  const Outcome ended = bob.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(count_of("connection lost", ended.out), 0u) << ended.out;
}

TEST(Tls, a_certificate_that_is_not_to_be_trusted_ends_a_client_with_a_line_that_says_why) {
  Cluster cluster(with_tls());
  const TlsFiles others;
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--ca", others.certificate()},
                                                {"--ca", trusted(cluster), "--tls-name", "example.org"}}) {
    std::vector<std::string> line = tls_chat(cluster, "alice", trusted(cluster), wrong);
    line.erase(line.begin() + 2, line.begin() + 4);
    line.insert(line.end(), {"send", "--to", "bob", "hello"});
    const Outcome refused = run(line, 20s);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, ContainsRegex("the certificate of 127.0.0.1:[0-9]+ is not to be trusted \\(.*--ca"));
    EXPECT_EQ(lines_of(refused.err).size(), 1u) << refused.err;
  }
  const Outcome nobody = run(tls_chat(cluster, "alice", "/no/such/file", {"send", "--to", "bob", "hello"}), 20s);
  EXPECT_EQ(nobody.exit_code, 2);
  EXPECT_THAT(nobody.err, HasSubstr("/no/such/file"));
}

TEST(Tls, a_client_comes_back_by_itself_when_a_certificate_was_wrong_for_a_time) {
  Cluster cluster(with_tls());
  const std::string ca = cluster.directory() / "good.pem";
  fs::copy_file(trusted(cluster), ca);
  fs::copy_file(cluster.directory() / "tls/key.pem", cluster.directory() / "good.key");
  Program bob(tls_chat(cluster, "bob", ca, {}), Program::Input::kTyped);
  await(bob, "connected to");
  const TlsFiles wrong;
  replace_certificate(cluster, wrong.certificate(), wrong.key());
  cluster.kill9("msg_server_0");
  cluster.start();
  await(bob, "is not to be trusted");
  replace_certificate(cluster, ca, cluster.directory() / "good.key");
  cluster.signal("msg_server_0", SIGHUP);
  wait_until("bob is back", [&] { return figure(cluster, "msg_server_0", "talkbeat_users") == 1; });
  bob.end_input();
  EXPECT_EQ(bob.wait().exit_code, 0);
}

TEST(Tls, a_name_that_no_certificate_can_have_is_an_error_and_a_dot_at_its_end_is_none) {
  Cluster cluster(with_tls());
  const auto send_to = [&cluster](const std::string& name) {
    return run(tls_chat(cluster, "alice", trusted(cluster), {"--tls-name", name, "send", "--to", "bob", "hello"}), 20s);
  };
  for (const std::string& name : {std::string(256, 'a'), std::string(".")}) {
    const Outcome refused = send_to(name);
    EXPECT_EQ(refused.exit_code, 2) << name;
    EXPECT_THAT(refused.err, HasSubstr("--tls-name")) << name;
  }
  const Outcome sent = send_to("localhost.");
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
}

TEST(Tls, sighup_changes_the_certificate_and_a_bad_one_changes_nothing) {
  Cluster cluster(with_tls());
  const std::string ca = cluster.directory() / "first.pem";
  fs::copy_file(trusted(cluster), ca);
  Program bob(tls_chat(cluster, "bob", ca, {}), Program::Input::kTyped);
  await(bob, "connected to");
  for (const std::string name : {"msg_server_0", "login_server_0"}) {
    const uint16_t port = cluster.tls_port(name);
    const std::string first = serial_at(port);
    const TlsFiles renewed;
    replace_certificate(cluster, renewed.certificate(), renewed.key());
    EXPECT_EQ(serial_at(port), first);
    cluster.signal(name, SIGHUP);
    wait_until("the new certificate is served", [&] { return serial_at(port) != first; });
    const std::string second = serial_at(port);

    fs::remove(trusted(cluster));
    cluster.signal(name, SIGHUP);
    wait_until("it has said so", [&] { return count_of("tls_not_reloaded", cluster.log_of(name)) == 1; });
    EXPECT_EQ(serial_at(port), second);
  }
  bob.type(":info");
  await(bob, "without ack");
  bob.end_input();
  const Outcome ended = bob.wait();
  EXPECT_EQ(count_of("connection lost", ended.out), 0u) << "what was connected stays connected";
}

TEST(Tls, what_is_no_tls_is_closed_with_the_reason_and_the_plain_port_is_as_ever) {
  Cluster cluster(with_tls());
  const Closings closings(cluster, "msg_server_0");
  for (const std::string words : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x40\x01\x01\x01\xff\xff"}) {
    const Deadline deadline(kPatience);
    RawSocket socket(cluster.tls_port("msg_server_0"));
    socket.write(words, deadline);
    std::string answer;
    while (socket.read(answer, deadline) == RawSocket::Event::kBytes) continue;
    EXPECT_EQ(answer, "");
  }
  closings.await("tls_failed", 2);
  EXPECT_THAT(cluster.log_of("msg_server_0"), HasSubstr("why=\"the first bytes are no TLS\""));
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  alice.sync();
}

TEST(Tls, handshakes_that_do_not_end_are_closed_in_time_and_cost_little) {
  // What was freed is kept aside by the sanitizer: not that is to be measured.
  const Environment lean("ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64");
  ClusterOptions options = with_control({"client.handshake_timeout=5s", "tls.max_waiting=2500"});
  options.tls = true;
  Cluster cluster(options);
  const Closings closings(cluster, "msg_server_0");
  const long before = cluster.memory_kib("msg_server_0");
  Control control(cluster, "msg_server_0");
  std::deque<RawSocket> sockets;
  constexpr size_t kEach = 200;
  for (size_t i = 0; i < 2 * kEach; ++i) {
    TlsClient client;
    const std::string hello = client.said();
    sockets.emplace_back(cluster.tls_port("msg_server_0"));
    sockets.back().write(i % 2 == 0 ? hello : hello.substr(0, hello.size() - 1), Deadline(kPatience));
  }
  closings.await("handshake_timeout", 2 * kEach);
  control.expect_unharmed();
  EXPECT_LT(cluster.memory_kib("msg_server_0") - before, 64 * 1024);
}

TEST(Tls, a_flood_of_handshakes_is_served_at_its_rate_and_nobody_else_waits) {
  ClusterOptions options =
      with_control({"tls.handshake_rate=20", "tls.max_waiting=100", "client.handshake_timeout=5s"});
  options.tls = true;
  Cluster cluster(options);
  const Closings closings(cluster, "msg_server_0");
  Control control(cluster, "msg_server_0");
  std::deque<RawSocket> sockets;
  for (int i = 0; i < 400; ++i) {
    sockets.emplace_back(cluster.tls_port("msg_server_0"));
    sockets.back().try_write(TlsClient().said(), Deadline(kPatience));
  }
  wait_until("all have ended", [&] {
    const auto ended = closings.so_far();
    size_t sum = 0;
    for (const auto& [reason, count] : ended) sum += count;
    return sum >= 400;
  });
  control.expect_unharmed();
  EXPECT_GT(closings.so_far("too_many_connections"), 0u) << "the line has an end";
  EXPECT_GT(closings.so_far("handshake_timeout"), 0u);
  const std::string ca = trusted(cluster);
  const Outcome sent = run(tls_chat(cluster, "alice", ca, {"send", "--to", "bob", "after the flood"}));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
}

TEST(Tls, without_a_certificate_there_is_none) {
  ClusterOptions options = with_tls();
  options.tls = false;
  Cluster cluster(options);
  EXPECT_THROW(RawSocket(cluster.tls_port("msg_server_0"), 5s), Unexpected);
  EXPECT_THROW(RawSocket(cluster.https_port("login_server_0"), 5s), Unexpected);
  EXPECT_FALSE(json::parse(cluster.get("login_server_0", "/msg_server").body).contains("tlsPort"));
}

}  // namespace
}  // namespace talkbeat::scenario
