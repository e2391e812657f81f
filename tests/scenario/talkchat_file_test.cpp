// Files as people send them, with talkchat: to somebody who is there, to somebody who is not, and over the death of the
// server in the middle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scenario/chat_program.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kSize = 20'000'000;

class TalkchatFile : public testing::Test {
 protected:
  TalkchatFile() {
    fs::create_directory(in);
    make_file(photo, kSize);
  }

  ScratchDirectory scratch;
  const fs::path photo = scratch.path() / "photo.png";
  const fs::path in = scratch.path() / "in";
};

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  return names;
}

/// The news of a login takes a moment to reach the other msg_server.
void await_bob_at(const Cluster& cluster, const std::string& server) {
  WireClient probe(cluster.client_port(server));
  probe.log_in("alice", kMobile);
  const auto bob = [&] {
    IM::Buddy::IMAllUserReq request;
    request.set_user_id(0);
    request.set_latest_update_time(0);
    const auto all = probe.ask<IM::Buddy::IMAllUserRsp>(request);
    for (const auto& user : all.user_list()) {
      if (user.user_domain() == "bob") return user.user_id();
    }
    return 0u;
  }();
  await_online(probe, bob);
}

TEST_F(TalkchatFile, goes_to_one_who_is_online_at_another_msg_server) {
  Cluster cluster;
  Program bob(chat_line(cluster, "bob", "msg_server_1"), Program::Input::kTyped);
  Program alice(chat_line(cluster, "alice", "msg_server_0"), Program::Input::kTyped);
  await(bob, "connected to");
  await(alice, "connected to");
  await_bob_at(cluster, "msg_server_0");
  bob.type(":save " + in.string());
  alice.type(":sendfile bob " + photo.string());
  await(alice, "offered photo.png (20.0 MB) to bob");
  await(bob, "alice sends you photo.png (20.0 MB); :accept 1 or :refuse 1");
  bob.type(":accept 1");
  await(alice, "bob takes it");
  await(bob, "photo.png (20.0 MB) from alice is here: " + (in / "photo.png").string());
  await(alice, "bob has received photo.png (20.0 MB)");
  EXPECT_TRUE(same_bytes(photo, in / "photo.png"));
  alice.type("talking goes on beside it");
  alice.type(":to bob");
  alice.type("hello");
  await(bob, "alice: hello");
}

TEST_F(TalkchatFile, for_one_who_is_not_online_waits_at_the_server) {
  Cluster cluster;
  const Outcome sent = run(chat_line(cluster, "alice", "msg_server_0", {"--json", "sendfile", "--to", "bob", photo}));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  const auto line = nlohmann::json::parse(sent.out);
  EXPECT_EQ(line["way"], "offline");
  EXPECT_EQ(line["size"], kSize);
  EXPECT_THAT(sent.err, HasSubstr("photo.png: "));

  Program bob(chat_line(cluster, "bob", "msg_server_1"), Program::Input::kTyped);
  await(bob, "alice has left you photo.png (20.0 MB); :accept 1 or :refuse 1");
  bob.end_input();
  EXPECT_EQ(bob.wait().exit_code, 0);
  const std::vector<std::string> receive{"recvfile", "--dir", in, "--timeout", "60s"};
  const Outcome received = run(chat_line(cluster, "bob", "msg_server_1", receive));
  EXPECT_EQ(received.exit_code, 0) << received.err;
  EXPECT_EQ(received.out, "alice: " + (in / "photo.png").string() + "\n");
  EXPECT_TRUE(same_bytes(photo, in / "photo.png"));

  const std::vector<std::string> more{"recvfile", "--dir", in, "--timeout", "1s"};
  const Outcome nothing = run(chat_line(cluster, "bob", "msg_server_1", more));
  EXPECT_EQ(nothing.exit_code, 1) << "it was taken off";
  EXPECT_THAT(nothing.err, HasSubstr("0 of 1 files came in time"));
}

TEST_F(TalkchatFile, an_upload_goes_on_when_its_msg_server_is_killed_in_the_middle) {
  Cluster cluster;
  make_file(photo, 10 * kSize);
  Program alice(chat_line(cluster, "alice", "", {"sendfile", "--to", "bob", photo}));
  wait_until("an upload that is under way", [&] {
    uintmax_t bytes = 0;
    std::error_code gone;
    for (const auto& entry : fs::recursive_directory_iterator(cluster.directory() / "files", gone)) {
      if (entry.is_regular_file(gone)) bytes += entry.file_size(gone);
    }
    return bytes > kSize;
  });
  cluster.kill9("msg_server_0");
  cluster.kill9("msg_server_1");
  cluster.start();
  const Outcome sent = alice.wait();
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  EXPECT_THAT(sent.err, HasSubstr("trying again"));
  const std::vector<std::string> receive{"recvfile", "--dir", in, "--timeout", "60s"};
  const Outcome received = run(chat_line(cluster, "bob", "", receive));
  EXPECT_EQ(received.exit_code, 0) << received.err;
  EXPECT_TRUE(same_bytes(photo, in / "photo.png"));
}

TEST_F(TalkchatFile, a_download_goes_on_where_a_killed_talkchat_has_ended) {
  Cluster cluster;
  make_file(photo, 10 * kSize);
  ASSERT_EQ(run(chat_line(cluster, "alice", "", {"sendfile", "--to", "bob", photo})).exit_code, 0);
  const std::vector<std::string> receive{"recvfile", "--dir", in, "--timeout", "60s"};
  const auto part = [&] { return names_in(in).empty() ? fs::path() : in / names_in(in).front(); };
  {
    const Program bob(chat_line(cluster, "bob", "", receive));
    wait_until("a part of the file", [&] { return !part().empty() && fs::file_size(part()) > kSize; });
  }
  ASSERT_EQ(part().extension(), ".part");
  const auto bytes_before = fs::file_size(part());
  const Outcome received = run(chat_line(cluster, "bob", "", receive));
  EXPECT_EQ(received.exit_code, 0) << received.err;
  EXPECT_GE(bytes_before, kSize);
  EXPECT_THAT(names_in(in), testing::ElementsAre("photo.png"));
  EXPECT_TRUE(same_bytes(photo, in / "photo.png"));
}

TEST_F(TalkchatFile, refused_or_cancelled_both_sides_know) {
  Cluster cluster;
  Program bob(chat_line(cluster, "bob", "msg_server_1"), Program::Input::kTyped);
  Program alice(chat_line(cluster, "alice", "msg_server_0"), Program::Input::kTyped);
  await(bob, "connected to");
  await(alice, "connected to");
  await_bob_at(cluster, "msg_server_0");
  alice.type(":sendfile bob " + photo.string());
  await(bob, "alice sends you photo.png");
  bob.type(":refuse");
  await(bob, "refused: photo.png (20.0 MB)");
  await(alice, "photo.png (20.0 MB) was not sent: they refused it");
  alice.type(":sendfile bob " + photo.string());
  await(bob, "alice sends you photo.png", 2);
  await(alice, "offered photo.png", 2);
  alice.type(":cancel");
  await(alice, "cancelled: photo.png");
  bob.type(":save " + in.string());
  bob.type(":accept");
  await(bob, "photo.png (20.0 MB) was not received: ");
  EXPECT_THAT(names_in(in), IsEmpty());
}

TEST_F(TalkchatFile, what_cannot_be_sent_or_taken_is_one_line_that_says_why) {
  Cluster cluster;
  const Outcome missing = run(chat_line(cluster, "alice", "", {"sendfile", "--to", "bob", scratch.path() / "none"}));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none: No such file or directory\n"));
  const Outcome nobody = run(chat_line(cluster, "alice", "", {"sendfile", "--to", "nobody", photo}));
  EXPECT_EQ(nobody.err, "talkchat: no user nobody\n");
  const Outcome offline = run(chat_line(cluster, "alice", "", {"sendfile", "--to", "bob", "--online", photo}));
  EXPECT_EQ(offline.exit_code, 1);
  EXPECT_EQ(offline.err, "talkchat: they are not online\n");
  const Outcome no_place = run(chat_line(cluster, "bob", "", {"recvfile", "--dir", scratch.path() / "none"}));
  EXPECT_EQ(no_place.exit_code, 2);
  Program alice(chat_line(cluster, "alice"), Program::Input::kTyped);
  for (const char* line : {":sendfile", ":sendfile nobody /x", ":accept", ":refuse 7", ":cancel", ":save /nowhere"}) {
    alice.type(line);
  }
  alice.type(":files");
  await(alice, "no files; :sendfile USER PATH sends one");
  EXPECT_THAT(alice.written(), HasSubstr("which file, to whom? :sendfile USER PATH"));
  EXPECT_EQ(count_of("no file is offered to you", alice.written()), 2u);
  EXPECT_THAT(alice.written(), HasSubstr("no file is on its way"));
  EXPECT_THAT(alice.written(), HasSubstr("/nowhere is no directory; make it first"));
}

TEST_F(TalkchatFile, a_name_that_would_steer_the_terminal_or_leave_the_directory_does_neither) {
  Cluster cluster;
  const fs::path evil = scratch.path() / "\x1b[2J..\\..\\.profile";
  std::ofstream(evil) << "evil";
  ASSERT_EQ(run(chat_line(cluster, "alice", "", {"sendfile", "--to", "bob", evil})).exit_code, 0);
  const Outcome received = run(chat_line(cluster, "bob", "", {"recvfile", "--dir", in}));
  EXPECT_EQ(received.exit_code, 0) << received.err;
  EXPECT_THAT(names_in(in), testing::ElementsAre("_profile"));
  EXPECT_EQ((received.out + received.err).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace talkbeat::scenario
