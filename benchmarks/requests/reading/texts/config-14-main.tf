terraform {
  required_version = ">= 1.6.0"
  backend "s3" {
    bucket         = "plover-tfstate"
    key            = "prod/network.tfstate"
    region         = "eu-west-3"
    dynamodb_table = "plover-tf-lock"
  }
}

provider "aws" {
  region = "ca-central-1"
  default_tags { tags = { cost_center = "4417" } }
}

resource "aws_instance" "bastion" {
  ami           = "ami-0b51ab7c28f4bf5a6"
  instance_type = "t4g.nano"
  key_name      = "plover-2024"
}

resource "aws_instance" "api" {
  ami           = "ami-0d3f551818b21ed81"
  instance_type = "m7g.large"
  key_name      = "plover-2024"

  root_block_device {
    volume_size = 60
    encrypted   = true
  }
}

resource "aws_db_instance" "main" {
  engine                  = "mariadb"
  engine_version          = "10.11"
  instance_class          = "db.t4g.medium"
  backup_retention_period = 10
  deletion_protection     = true
  allocated_storage       = 120
}

output "bastion_ip" { value = aws_instance.bastion.public_ip }
