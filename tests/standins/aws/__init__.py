"""The AWS stand-in: real wire formats in front, small simulators behind.

Start reading at ``gateway.py``: it takes one request to one answer. The
simulators (``sts.py``, ``rds/``, ``identity/``, ``ecs/``, ``codedeploy/``,
``elb.py``, ``sqs.py``) hold the rules that AWS documents, a
``World`` holds everything one test can change, and ``control.py`` is how the
Rust driver (``mod.rs``) changes it.
"""
